"""A layer that learns by reward, as users of PySNN would train it: one sample after the other.

784 inputs, LIF neurons, MSTDPET with a reward at every step. Each function is given spikes
``[samples, steps, inputs]``, uint8, first weights ``[neurons, inputs]`` and how many samples a call
learns from; it returns a call that learns from the next ones and returns the mean number of spikes
of a sample. Each call begins with the first weights: they have no bounds, and would drift until
neurons spike all the time, or never.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from peers.graphs import chunks
from peers.process import Peer

Bytes, Floats = NDArray[np.uint8], NDArray[np.float32]
DECAY, GAIN, THRESHOLD, REFRACTORY = 0.8, 0.3, 12.0, 3
A_PRE, A_POST, RATE, KEPT = 1.0, 0.5, 1e-3, 0.9


class Learn(NamedTuple):
    """A call that learns, and what tells the arrays that it has left."""

    call: Callable[[], float]
    arrays: Callable[[], dict[str, Any]]

    def __call__(self) -> float:
        """Learn from the next samples."""
        return self.call()


def reward(step: int) -> float:
    """Return the reward of a step: now one, now the other."""
    return 1.0 if step % 10 < 5 else -0.5


def network(weights: Floats) -> Any:
    """Return the layer as a program of ours has it."""
    import torch

    from snnrun.models.graph.reward import TracedReward
    from snnrun.nn import graph

    neurons, inputs = weights.shape
    trace = graph.TraceSettings(decay=DECAY, mode="add")
    post = graph.LIF(
        (neurons,), decay=DECAY, gain=GAIN, threshold=THRESHOLD, refractory=float(REFRACTORY),
        holds=True, trace=trace,
    )  # fmt: skip
    synapses = graph.Dense((inputs,), (neurons,))
    synapses.weight.data = torch.from_numpy(weights.copy())
    rule = TracedReward(nu=RATE, a_pre=A_PRE, a_post=A_POST, decay=KEPT)
    groups = {"pre": graph.Input((inputs,), trace), "post": post}
    return graph.Network(groups, [graph.Edge("pre", "post", synapses, (rule,))])


def snnrun(spikes: Bytes, weights: Floats, size: int) -> Learn:
    """The compiled engine."""
    import torch

    from snnrun.core.events import Events
    from snnrun.models.graph.engine import Engine
    from snnrun.models.graph.signals import Lesson

    steps, net = spikes.shape[1], network(weights)
    engine, following, first = Engine(net), chunks(spikes, size), torch.from_numpy(weights)
    lesson = Lesson({"reward": torch.tensor([reward(t) for t in range(steps)])})

    def learn() -> float:
        net.edges[0].synapses.weight.copy_(first)
        shown = Events.of(torch.from_numpy(following().astype(np.uint8)).transpose(0, 1))
        words, lessons = np.zeros((size, steps), np.uint32), [lesson] * size
        found = engine.run(shown, words, ["post"], learning=True, lessons=lessons)
        return len(found["post"].places) / size

    return Learn(learn, lambda: {"weights": net.edges[0].synapses.weight.detach().numpy()})


def twin(spikes: Bytes, weights: Floats, size: int) -> Learn:
    """The readable twin, which programs run: ``snnrun.nn.graph``."""
    import torch

    net, following, first = network(weights), chunks(spikes, size), torch.from_numpy(weights)
    signals = {"reward": torch.tensor([reward(t) for t in range(spikes.shape[1])])}

    def learn() -> float:
        total = 0.0
        net.edges[0].synapses.weight.copy_(first)
        for sample in following():
            shown = {"pre": torch.from_numpy(sample.astype(np.float32))[:, None]}
            total += float(net.run(shown, learn=True, signals=signals)["post"].sum())
        return total / size

    return Learn(learn, lambda: {"weights": net.edges[0].synapses.weight.detach().numpy()})


def pysnn(spikes: Bytes, weights: Floats, size: int) -> Learn:
    """PySNN's own network, batch 1, as its examples run it."""
    import torch
    from pysnn.connection import Linear
    from pysnn.learning import MSTDPET
    from pysnn.network import SNNNetwork
    from pysnn.neuron import Input, LIFNeuron

    neurons, inputs = weights.shape

    class Net(SNNNetwork):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.pre = Input((1, 1, inputs), 1, 1.0, DECAY)
            self.between = Linear(inputs, neurons, 1, 1, 0)
            self.post = LIFNeuron(
                (1, 1, neurons), THRESHOLD, 0.0, GAIN, 1.0, 1, REFRACTORY, DECAY, DECAY
            )
            self.add_layer("layer", self.between, self.post)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.post(self.between(*self.pre(x))[0])[0]
            return found

    net = Net()
    net.between.weight.data = torch.from_numpy(weights.copy())
    rule = MSTDPET(net.layer_state_dict(), A_PRE, A_POST, RATE, KEPT)
    following, first = chunks(spikes, size), torch.from_numpy(weights)

    def learn() -> float:
        total = 0.0
        net.between.weight.copy_(first)
        for sample in following():
            net.reset_state()
            rule.reset_state()
            shown = torch.from_numpy(sample).bool()
            for t, now in enumerate(shown):
                total += float(net(now[None, None]).sum())
                rule.update_state()
                rule.step(reward(t))
        return total / size

    return Learn(learn, lambda: {"weights": net.between.weight.numpy()})


REWARDED = {"snnrun": Peer(snnrun), "twin": Peer(twin), "pysnn": Peer(pysnn, "pysnn")}
