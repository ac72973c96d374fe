"""The compiled engine of a graph (``native/include/snnrun/graph.hpp``), and what it can run."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph import described, described_rules, lectures
from snnrun.models.graph.checksums import checksum
from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.episodes import Episode
from snnrun.models.graph.group import Input
from snnrun.models.graph.izhikevich import Izhikevich
from snnrun.models.graph.lif import LIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.pooling import Pool
from snnrun.models.graph.signals import Lesson
from snnrun.models.graph.traces import TraceSettings

#: Types of attributes that an engine was told of, and that must be as they were.
SETTLED = (int, float, str, tuple, TraceSettings)

_Lists = tuple[NDArray[np.int64], NDArray[np.int32]]  # starts and places


class Engine:
    """Runs a network as its readable twin does, by lists of spikes.

    Weights, thresholds and flags are those of the network, where they lie. Of some weights it
    keeps copies, in another order. It takes in what others wrote into them before each run: what
    torch did, as versions of tensors tell; what was written through ``data``, or by numpy, as
    checksums tell, but for what is written so between two runs that learn.

    Args:
        network: all of whose parts the engine knows (:func:`compiled`), on the CPU.
    """

    def __init__(self, network: Network) -> None:
        network.sort()
        self.network, self.names, self.signals = network, network.order, _signals(network)
        module: Any = native()
        dtype = _dtype(network)
        kind = module.GraphFloat if dtype == torch.float32 else module.GraphDouble
        groups = [described.group_told(network.group(name), dtype) for name in self.names]
        synapses = [self._synapses(edge) for edge in network.edges]
        for place, name in enumerate(self.names):
            synapses += described.within(network.group(name), place, dtype)
        self._graph, self._versions_seen = kind(groups, synapses), self._versions()
        self._sums_seen: list[Tensor] | None = self._sums()
        self._settled = _settled(network)
        self._kept = [each.detach() for each in network.buffers()]  # none other comes to lie there

    def _synapses(self, edge: Edge) -> described.Told:
        told = {
            "pre": self.names.index(edge.pre),
            "post": self.names.index(edge.post),
            **described.synapses_told(edge.synapses),
        }
        if edge.rules:
            assert isinstance(edge.synapses, Weighted)
            dt = self.network.group(edge.pre).dt
            told["rules"] = [
                described_rules.rule_told(rule, edge.synapses, dt, self.signals)
                for rule in edge.rules
            ]
        return told

    def fits(self) -> bool:
        """Whether the network still is what the engine was told."""
        return self._settled == _settled(self.network)

    def can_teach(self, lessons: Sequence[Lesson], learning: bool) -> bool:
        """Whether the engine can tell all signals that rules read, and clamp what is clamped."""
        inputs = [name for name in self.names if isinstance(self.network.group(name), Input)]
        return lectures.known(lessons, self.signals if learning else (), inputs)

    def _versions(self) -> list[int]:
        return [edge.synapses.weight._version for edge in self.network.edges]

    def _sums(self) -> list[Tensor]:
        synapses = [edge.synapses for edge in self.network.edges]
        return [checksum(each.weight) for each in synapses if isinstance(each, Weighted)]

    def run(
        self,
        inputs: Events,
        words: NDArray[np.uint32],
        wanted: Sequence[str],
        *,
        learning: bool = False,
        watched: str | None = None,
        fewest: int = 0,
        lessons: Sequence[Lesson] = (),
    ) -> dict[str, Events]:
        """Show samples from their beginning; return the spikes of the wanted groups.

        Args:
            inputs: spikes of the group that is the input.
            words: random words ``[samples, steps]``, for winners.
            wanted: names of groups.
            learning: whether weights and thresholds change; samples are then one after the other.
            watched, fewest: learning ends behind the first sample in which this group spikes less
                often; what comes back has only the samples until then.
            lessons: what is signalled and clamped in each sample (:meth:`can_teach`).
        """
        self._refresh(learning)
        places = [self.names.index(name) for name in wanted]
        _, found = self._graph.run(
            [(inputs.starts.contiguous().numpy(), inputs.places.numpy())],
            words,
            learning,
            places,
            self.names.index(watched) if watched is not None else -1,
            fewest,
            torch.get_num_threads(),
            lectures.signals(lessons, self.signals, self.names) if learning else [],
            lectures.clamps(lessons, self.names),
        )
        if learning:
            self._show()
        return self._events(wanted, found)

    def begin(self, learning: bool, wanted: Sequence[str]) -> Episode:
        """Begin an episode, which is dropped when the engine runs samples or begins another one.

        What it has learned until then stays in the weights; but its last step teaches nothing,
        nothing is normalised, and thresholds are not kept.

        Args:
            learning: whether weights and thresholds change.
            wanted: names of groups, the spikes of which come back.
        """
        self._refresh(learning)
        self._graph.begin(learning)
        return _EngineEpisode(self, learning, wanted)

    def _refresh(self, learning: bool) -> None:
        """Take in weights that were changed from outside.

        Runs that learn change them themselves, so that there are no sums to compare with; the next
        one that does not takes in all anew.
        """
        before, versions = self._sums_seen, self._versions()
        sums = None if learning and before is None else self._sums()
        same = sums is None or (before is not None and all(map(torch.equal, before, sums)))
        if versions != self._versions_seen or not same:
            self._graph.refresh()
        self._versions_seen, self._sums_seen = versions, None if learning else sums

    def _events(self, names: Sequence[str], found: Sequence[_Lists]) -> dict[str, Events]:
        sizes = [torch.Size(self.network.group(name).shape).numel() for name in names]
        return {
            name: Events(torch.from_numpy(starts), torch.from_numpy(places), size)
            for name, (starts, places), size in zip(names, found, sizes, strict=True)
        }

    def _show(self) -> None:
        """Let groups have traces and membranes behind the last sample, ``[1, *shape]``, no copy."""
        for place, name in enumerate(self.names):
            group = self.network.group(name)
            if group.traced is not None:
                group.trace = torch.from_numpy(self._graph.traces(place)).view(1, *group.shape)
            if isinstance(group, LIF | Izhikevich):
                found = torch.from_numpy(self._graph.membranes(place))
                group.membranes = found.view(1, *group.shape)


class _EngineEpisode(Episode):
    def __init__(self, engine: Engine, learning: bool, wanted: Sequence[str]) -> None:
        self._engine, self._learning, self._wanted = engine, learning, wanted
        self._places = [engine.names.index(name) for name in wanted]

    def _told(self, told: Mapping[str, float]) -> list[float]:
        return [told.get(name, math.nan) for name in self._engine.signals]

    def _show(
        self, x: Events, words: NDArray[np.uint32], told: Mapping[str, float]
    ) -> dict[str, Events]:
        assert x.currents is None
        inputs = [(x.starts.contiguous().numpy(), x.places.numpy())]
        found = self._engine._graph.go_on(inputs, words, self._told(told), self._places)
        return self._engine._events(self._wanted, found)

    def _end(self, told: Mapping[str, float]) -> None:
        self._engine._graph.end(self._told(told))
        if self._learning:
            self._engine._show()


def compiled(network: Network) -> bool:
    """Whether the engine knows all parts of a network, and can run it where it lies."""
    groups = [network.group(name) for name in network.order]
    inputs = sum(isinstance(group, Input) for group in groups)
    weights = [edge.synapses.weight for edge in network.edges]
    return (
        native() is not None
        and inputs == 1
        and all(described.known(group) for group in groups)
        and all(described_rules.known(edge) for edge in network.edges)
        and all(weight.is_cpu and weight.is_contiguous() for weight in weights)
        and {weight.dtype for weight in weights} in ({torch.float32}, {torch.float64})
        and _one_pool(network)
    )


def _one_pool(network: Network) -> bool:
    """Whether no group is behind several pools."""
    behind = [edge.post for edge in network.edges if isinstance(edge.synapses, Pool)]
    return len(set(behind)) == len(behind)


def _signals(network: Network) -> list[str]:
    """Return the names of all rewards."""
    return sorted({name for edge in network.edges for rule in edge.rules for name in rule.reads})


def _dtype(network: Network) -> torch.dtype:
    return network.edges[0].synapses.weight.dtype


def _settled(network: Network) -> list[object]:
    """Return what the engine was told of a network: where arrays lie, and all numbers."""
    found: list[object] = [each.data_ptr() for each in network.parameters()]
    for name, each in network.named_buffers():
        learned = name.rsplit(".", 1)[-1] in ("theta", "ready", "average")
        found.append((each.data_ptr(), 0 if learned else each._version))
    for module in network.modules():
        found += [
            (name, value)
            for name, value in vars(module).items()
            if name not in ("training", "learning") and isinstance(value, SETTLED)
        ]
    return found
