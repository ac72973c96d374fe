"""Diehl & Cook's network as users of other tools would train it: one sample after the other.

784 inputs, steps of 1 ms, 250 a sample, one winner a step, columns normalised to 78.4 behind each
sample; constants are those of BindsNET's model. Each function is given images ``[samples, 784]``,
uint8, first weights ``[784, neurons]`` and how many samples a call learns from; it returns a call
that learns from the next ones and returns the mean number of spikes of a sample.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peers.process import Peer

Floats = NDArray[np.float32]
Learn = Callable[[], float]
STEPS, RATE, NORM = 250, 0.128, 78.4  # RATE: spikes of a white pixel in a step


def chunks(images: NDArray[np.uint8], size: int) -> Callable[[], NDArray[np.uint8]]:
    """Return what gives the next images, again from the first behind the last."""
    begin = -size

    def following() -> NDArray[np.uint8]:
        nonlocal begin
        begin = (begin + size) % (len(images) - size + 1)
        return images[begin : begin + size]

    return following


def snnrun(images: NDArray[np.uint8], weights: Floats, size: int) -> Learn:
    """The model and the encoder of a config."""
    import torch

    from snnrun.core.capabilities import InputKind
    from snnrun.core.random import Random
    from snnrun.encoders import ENCODERS, build_encoder
    from snnrun.models import MODELS

    neurons = weights.shape[1]
    trace = {"trace": {"tau": 20.0}}
    fast = {"tau": 10.0, "rest": -60.0, "reset": -45.0, "threshold": -40.0, "refractory": 2.0}
    settings = MODELS["graph"].settings(
        neurons={
            "X": {"name": "input", **trace},
            "E": {"name": "adaptive_lif", "size": neurons, "reset": -60.0, "one_winner": True}
            | trace,
            "I": {"name": "lif", "size": neurons, **fast},
        },
        synapses={
            "X -> E": {
                "delay": 1,
                "bounds": [0.0, 1.0],
                "normalise": {"to": NORM},
                "rules": [{"name": "pair"}],
            },
            "E -> I": {"name": "one_to_one", "delay": 1, "weight": 22.5},
            "I -> E": {"name": "all_but_self", "delay": 1, "weight": -120.0},
        },
    )
    model = MODELS["graph"].load()(settings, 784, 10, torch.Generator()).float()
    model.network.synapses["X->E"].weight.data = torch.from_numpy(weights.T.copy())
    given = ENCODERS["poisson"].settings(steps=STEPS, chance=RATE)
    encoder = build_encoder(given, (1, 28, 28), InputKind.EVENTS)
    following, number = chunks(images, size), 0

    def learn() -> float:
        nonlocal number
        number += 1
        random = Random(0, "train", 0, number, np.arange(number * size, (number + 1) * size))
        values = torch.from_numpy(following().astype(np.float32) / 255)
        spikes = model.run(encoder(encoder.prepare(values), random), random, learning=True)
        return len(spikes["E"].places) / size

    return learn


def numba(images: NDArray[np.uint8], weights: Floats, size: int) -> Learn:
    """Plain loops over events, compiled: what a user of Python would write for speed."""
    from peers.graphs_numba import train

    w, theta = weights.copy(), np.zeros(weights.shape[1], np.float32)
    counts = np.zeros((size, weights.shape[1]), np.int32)
    following, random = chunks(images, size), np.random.default_rng(0)

    def learn() -> float:
        counts[:] = 0
        train(following(), w, theta, counts, random)
        return float(counts.sum()) / size

    return learn


class Brian2:
    """Brian2's C++ standalone mode: a program of its own for each call."""

    def __init__(self, images: NDArray[np.uint8], weights: Floats, size: int) -> None:
        self.following, self.weights = chunks(images, size), weights
        self.program: Any = None

    def __call__(self) -> float:
        """Learn from the next images; the first time, compile."""
        from peers.graphs_brian import Program

        chances = self.following() * (RATE / 255)
        self.program = self.program or Program(chances, self.weights)
        return float(self.program(chances))

    def clock(self) -> float:
        """Return the seconds that programs have spent learning."""
        return float(self.program.seconds)


def bindsnet(images: NDArray[np.uint8], weights: Floats, size: int) -> Learn:
    """BindsNET's own model, batch 1, as its example runs it, with one monitor."""
    _declare_operators()
    import torch
    from bindsnet.encoding import bernoulli
    from bindsnet.models import DiehlAndCook2015
    from bindsnet.network.monitors import Monitor

    network: Any = DiehlAndCook2015(
        n_inpt=784, n_neurons=weights.shape[1], exc=22.5, inh=120, dt=1.0, norm=NORM,
        theta_plus=0.05, inpt_shape=(1, 28, 28),
    )  # fmt: skip
    connection = network.connections["X", "Ae"]
    place = connection.w if hasattr(connection, "w") else connection.pipeline[0].value
    place[:] = torch.from_numpy(weights)
    seen = Monitor(network.layers["Ae"], ["s"], time=STEPS)
    network.add_monitor(seen, name="spikes")
    following = chunks(images, size)

    def learn() -> float:
        spikes = 0.0
        for image in following():
            values = torch.from_numpy(image.astype(np.float32) / 255).view(1, 28, 28)
            trains = bernoulli(values, time=STEPS, dt=1.0, max_prob=RATE)
            network.run(inputs={"X": trains.unsqueeze(1)}, time=STEPS)
            spikes += float(seen.get("s").sum())
            network.reset_state_variables()
        return spikes / size

    return learn


def _declare_operators() -> None:
    """Let torchvision load beside a torch that its compiled half is not for."""
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    globals()["_library"] = library


GRAPHS = {
    "snnrun": Peer(snnrun),
    "numba": Peer(numba, "numba"),
    "brian2": Peer(Brian2, "brian2"),
    "bindsnet": Peer(bindsnet, "bindsnet"),
}
