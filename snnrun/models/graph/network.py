"""A network as a graph of groups and connections: the readable twin.

At each step every group, in order, receives what its connections bring, and spikes; then, where the
network learns, every rule sees the spikes and traces of the step. At the end of a sample the
weights are normalised.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnrun.models.graph.connections import Connection
from snnrun.models.graph.group import Arrival, Group, Input
from snnrun.models.graph.lif import AdaptiveLIF
from snnrun.models.graph.monitors import Monitors
from snnrun.models.graph.order import ordered
from snnrun.models.graph.plasticity import Plasticity


class Edge(NamedTuple):
    """A connection between two groups, by their names, and its rules, whose changes add up."""

    pre: str
    post: str
    synapses: Connection
    rules: tuple[Plasticity, ...] = ()


class Network(nn.Module):
    """Groups and the connections between them.

    Args:
        groups: by name.
        edges: in the order in which what they bring is summed.

    Raises:
        ValueError: an edge names a group that there is not, shapes do not fit, or edges without a
            delay form a cycle.
    """

    def __init__(self, groups: Mapping[str, Group], edges: Sequence[Edge]) -> None:
        super().__init__()
        self.groups = nn.ModuleDict(groups)
        self.edges = list(edges)
        self.synapses = nn.ModuleDict({f"{e.pre}->{e.post}": e.synapses for e in edges})
        self.order = ordered(list(groups), [(e.pre, e.post, e.synapses.delay) for e in edges])
        for edge in edges:
            self.group(edge.pre).remember(edge.synapses.longest)

    def group(self, name: str) -> Group:
        """Return a group."""
        found = self.groups[name]
        assert isinstance(found, Group)
        return found

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin samples anew; weights and what groups have learned stay."""
        for name in self.order:
            self.group(name).reset(batch, like)

    def step(self, inputs: Mapping[str, Tensor], *, learn: bool = False) -> None:
        """Advance by a step.

        Args:
            inputs: for each group of inputs what it is given, ``[batch, *shape]``.
            learn: whether rules change weights, and thresholds adapt.
        """
        for name in self.order:
            group = self.group(name)
            if isinstance(group, AdaptiveLIF):
                group.learning = learn
            group(inputs[name] if isinstance(group, Input) else self._received(name))
        if learn:
            for edge in self.edges:
                self._learn(edge)

    def _received(self, name: str) -> Tensor:
        return self.group(name).gather(
            Arrival(edge.synapses, self._arriving(edge), self.group(edge.pre).trace)
            for edge in self.edges
            if edge.post == name
        )

    def _arriving(self, edge: Edge) -> Tensor:
        """Return the spikes that reach post at this step."""
        pre, delay = self.group(edge.pre), edge.synapses.delay
        stepped = self.order.index(edge.pre) < self.order.index(edge.post)
        return pre.spikes_before(delay if stepped else delay - 1)

    @torch.no_grad()
    def _learn(self, edge: Edge) -> None:
        if not edge.rules:
            return
        pre, post = self.group(edge.pre), self.group(edge.post)
        changes = [rule.change(edge.synapses, pre, post) for rule in edge.rules]
        edge.synapses.change(sum(changes[1:], changes[0]))

    def run(
        self,
        inputs: Mapping[str, Tensor],
        *,
        learn: bool = False,
        words: Tensor | None = None,
        record: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[str, Tensor]:
        """Show samples from their beginning; return the spikes ``[time, batch, *shape]`` of groups.

        What ``record`` names follows as ``group.attribute``, as it is after each step: with
        ``{"E": ("membranes", "trace")}`` the keys ``E.membranes`` and ``E.trace``.

        Args:
            inputs: for each group of inputs ``[time, batch, *shape]``.
            learn: whether the network learns; it is normalised behind the samples then.
            words: random words of 32 bits ``[time, batch]``, for winners.
            record: names of groups, and for each those of the tensors of its state to keep.

        Raises:
            ValueError: there is no such group, or it has no such state.
        """
        first = next(iter(inputs.values()))
        self.reset(first.shape[1], first)
        spikes: dict[str, list[Tensor]] = {name: [] for name in self.order}
        monitors = Monitors(self.groups, record or {})
        for t in range(len(first)):
            for name in self.order:
                if words is not None and isinstance(group := self.group(name), AdaptiveLIF):
                    group.words = words[t]
            self.step({name: each[t] for name, each in inputs.items()}, learn=learn)
            for name, each in spikes.items():
                each.append(self.group(name).spikes)
            monitors.note()
        if learn:
            for edge in self.edges:
                edge.synapses.normalise()
        return {name: torch.stack(each) for name, each in spikes.items()} | monitors.recorded()
