"""The compiled engine of a graph (``native/include/snnrun/graph.hpp``), and what it can run."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.connections import Connection, Dense, Single
from snnrun.models.graph.group import Group, Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Hebbian, Pair, Plasticity, PowerLaw, WeightDependent

INTEGRATIONS = {"exact": 0, "held": 1, "euler": 2, "none": 3}
KINDS = {"dense": 0, "one_to_one": 1, "all_but_self": 2}
RULES: dict[type[Plasticity], int] = {Pair: 1, WeightDependent: 2, Hebbian: 3, PowerLaw: 4}


class Engine:
    """Runs a network as its readable twin does, by lists of spikes.

    Weights, thresholds and flags are those of the network, where they lie.

    Args:
        network: all of whose parts the engine knows (:func:`compiled`), on the CPU.
    """

    def __init__(self, network: Network) -> None:
        self.network, self.names = network, network.order
        module: Any = native()
        kind = module.GraphFloat if _dtype(network) == torch.float32 else module.GraphDouble
        groups = [_group(network.group(name)) for name in self.names]
        synapses = [self._synapses(edge) for edge in network.edges]
        self._graph, self._seen = kind(groups, synapses), self._versions()
        self._tensors = self._places()

    def _synapses(self, edge: Edge) -> dict[str, Any]:
        return {
            "pre": self.names.index(edge.pre),
            "post": self.names.index(edge.post),
            **_synapses(edge.synapses, edge.rules),
        }

    def fits(self) -> bool:
        """Whether all tensors still lie where they lay."""
        return self._tensors == self._places()

    def _places(self) -> list[int]:
        every = [*self.network.parameters(), *self.network.buffers()]
        return [each.data_ptr() for each in every]

    def _versions(self) -> list[int]:
        return [edge.synapses.weight._version for edge in self.network.edges]

    def run(
        self,
        inputs: Events,
        words: NDArray[np.uint32],
        wanted: Sequence[str],
        *,
        learning: bool = False,
        watched: str | None = None,
        fewest: int = 0,
    ) -> dict[str, Events]:
        """Show samples from their beginning; return the spikes of the wanted groups.

        Args:
            inputs: spikes of the group that is the input.
            words: random words ``[samples, steps]``, for winners.
            wanted: names of groups.
            learning: whether weights and thresholds change; samples are then one after the other.
            watched, fewest: learning ends behind the first sample in which this group spikes less
                often; what comes back has only the samples until then.
        """
        versions = self._versions()
        if versions != self._seen:
            self._graph.refresh()
            self._seen = versions
        places = [self.names.index(name) for name in wanted]
        _, found = self._graph.run(
            [(inputs.starts.contiguous().numpy(), inputs.places.numpy())],
            words,
            learning,
            places,
            self.names.index(watched) if watched is not None else -1,
            fewest,
            torch.get_num_threads(),
        )
        sizes = [torch.Size(self.network.group(name).shape).numel() for name in wanted]
        return {
            name: Events(torch.from_numpy(starts), torch.from_numpy(places), size)
            for name, (starts, places), size in zip(wanted, found, sizes, strict=True)
        }


def compiled(network: Network) -> bool:
    """Whether the engine knows all parts of a network, and can run it where it lies."""
    inputs = 0
    for name in network.order:
        group = network.group(name)
        inputs += isinstance(group, Input)
        if type(group) not in (Input, LIF, AdaptiveLIF) or not _plain(group):
            return False
    edges = all(_known(edge) for edge in network.edges)
    on_the_cpu = all(each.is_cpu for each in network.parameters())
    return native() is not None and inputs == 1 and edges and on_the_cpu


def _plain(group: Group) -> bool:
    """Whether constants are numbers, and the trace has an exact decay."""
    names = "gain rest threshold reset_to closed_steps decay plus theta_decay"
    constants = [getattr(group, name, None) for name in names.split()]
    trace = group.traced
    return not any(isinstance(each, Tensor) for each in constants) and not (trace and trace.euler)


def _known(edge: Edge) -> bool:
    dense = type(edge.synapses) is Dense
    rules = len(edge.rules) < 2 and all(type(rule) in RULES for rule in edge.rules)
    always = edge.rules or edge.synapses.norm is None
    plain = (dense or type(edge.synapses) is Single) and edge.synapses.plain
    return plain and rules and bool(always)


def _dtype(network: Network) -> torch.dtype:
    return network.edges[0].synapses.weight.dtype


def _group(group: Group) -> dict[str, Any]:
    found: dict[str, Any] = {"size": torch.Size(group.shape).numel()}
    if group.traced is not None:
        found |= {
            "traced": True,
            "trace_decay": group.traced.kept(group.dt),
            "trace_amount": group.traced.amount,
            "trace_adds": group.traced.mode == "add",
        }
    if not isinstance(group, LIF):
        return {**found, "input": True}
    kind = "none" if not group.leaks else "euler" if group.euler else "held" if group.holds else ""
    found |= {
        "integration": INTEGRATIONS[kind or "exact"],
        "decay": group.decay,
        "gain": group.gain,
        "rest": group.rest,
        "initial": group.rest,
        "threshold": group.threshold,
        "reset": group.reset_to,
        "refractory": group.closed_steps,
    }
    if group.lower is not None:
        found["lower"] = group.lower
    if isinstance(group, AdaptiveLIF):
        found |= {"theta": group.theta.numpy(), "theta_decay": group.theta_decay}
        found |= {"plus": group.plus, "one_winner": group.one_winner}
    return found


def _synapses(synapses: Connection, rules: Sequence[Plasticity]) -> dict[str, Any]:
    kind = synapses.kind if isinstance(synapses, Single) else "dense"
    low, high = synapses.bounds
    found: dict[str, Any] = {
        "delay": synapses.delay,
        "kind": KINDS[kind],
        "weights": synapses.weight.detach().numpy(),
        **({} if low is None else {"low": low}),
        **({} if high is None else {"high": high}),
    }
    if isinstance(synapses, Dense) and rules:
        found |= {"norm": synapses.norm or 0.0, "norm_squares": synapses.squares}
        found |= {"ready": synapses.ready.numpy()}
    for rule in rules:
        found["rule"] = RULES[type(rule)]
        if isinstance(rule, PowerLaw):
            found |= {"nu_post": rule.nu, "x_target": rule.x_target, "mu": rule.mu}
        elif isinstance(rule, Pair | WeightDependent | Hebbian):
            found |= {"nu_pre": rule.nu[0], "nu_post": rule.nu[1]}
    return found
