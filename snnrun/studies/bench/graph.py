"""A graph that learns within a sample: Diehl & Cook's, with fewer neurons and steps."""

from typing import Any

import numpy as np
import torch

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.engine import Engine
from snnrun.models.graph.group import Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Pair
from snnrun.models.graph.traces import TraceSettings
from snnrun.studies.bench.work import Results, Work


def network(inputs: int, neurons: int) -> Network:
    """Return the network, the same each time, in double precision."""
    trace, size = TraceSettings(tau=20.0), (neurons,)
    groups = {
        "X": Input((inputs,), trace),
        "E": AdaptiveLIF(
            size, rest=-65.0, reset=-60.0, threshold=-52.0, refractory=5.0,
            one_winner=True, trace=trace,
        ),
        "I": LIF(size, tau=10.0, rest=-60.0, reset=-45.0, threshold=-40.0, refractory=2.0),
    }  # fmt: skip
    dense = Dense((inputs,), size, delay=1, bounds=(0.0, 1.0), norm=78.4)
    random = torch.Generator().manual_seed(1)
    dense.weight.data = 0.3 * torch.rand(neurons, inputs, generator=random)
    edges = [
        Edge("X", "E", dense, (Pair(),)),
        Edge("E", "I", Single(size, size, kind="one_to_one", weight=22.5, delay=1)),
        Edge("I", "E", Single(size, size, kind="all_but_self", weight=-120.0, delay=1)),
    ]
    return Network(groups, edges).double()


def work(large: bool) -> Work:
    """One sample, from the first weights each time; what it costs hangs on who spikes."""
    inputs, neurons, steps = (784, 400, 250) if large else (784, 100, 50)
    random = torch.Generator().manual_seed(7)
    spikes = (torch.rand(steps, 1, inputs, generator=random) < 0.02).double()
    words = np.random.default_rng(3).integers(0, 2**32, (1, steps), dtype=np.uint32)
    told = torch.from_numpy(words[0].astype(np.int64))[:, None]
    fast, slow = network(inputs, neurons), network(inputs, neurons)
    first = {name: each.clone() for name, each in fast.state_dict().items()}
    engine, events = Engine(fast) if native() else None, Events.of(spikes)

    def ours() -> tuple[Network, Any]:
        assert engine is not None
        fast.load_state_dict(first)
        return fast, engine.run(events, words, ["E"], learning=True)["E"]

    def readable() -> tuple[Network, Any]:
        slow.load_state_dict(first)
        return slow, slow.run({"X": spikes}, learn=True, words=told)["E"]

    def results(found: tuple[Network, Any]) -> Results:
        learned, fired = found
        dense = fired.dense(spikes) if isinstance(fired, Events) else fired
        return {"spikes": dense, "weights": learned.edges[0].synapses.weight}

    weights = inputs * neurons
    return Work(
        f"{inputs}-{neurons}, {steps} steps", steps, "step", bytes=2 * 8 * weights / steps,
        operations=None, ours=ours, twin=readable, tolerances={"weights": 1e-9},
        comparable=results,
    )  # fmt: skip
