"""A network as a graph of groups and connections: the readable twin.

At each step every group, in order, receives what its connections bring, and spikes; then, where the
network learns, every rule sees the spikes and traces of the step, and the signals that it is told.
At the end of a sample the weights are normalised.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnrun.models.graph.connections import Connection, Every, Weighted
from snnrun.models.graph.group import Arrival, Group, Input
from snnrun.models.graph.lif import AdaptiveLIF
from snnrun.models.graph.monitors import Monitors
from snnrun.models.graph.order import is_name, ordered
from snnrun.models.graph.plasticity import Plasticity
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.signals import Lesson, Signals, Telling, Told, unknown_signal


class Edge(NamedTuple):
    """A connection between two groups, by their names, and its rules, whose changes add up."""

    pre: str
    post: str
    synapses: Connection
    rules: tuple[Plasticity, ...] = ()


class Parts(nn.ModuleDict):
    """Modules by names of any kind, also those of its own methods, such as ``items``."""

    def add_module(self, name: str, module: nn.Module | None) -> None:
        """Take in a module."""
        if module is not None:
            self._modules[name] = module


def _check_names(groups: Iterable[str], edges: Iterable[Edge]) -> None:
    """Refuse names that no state can hold, and two connections where one is enough.

    Raises:
        ValueError: naming the first.
    """
    for name in groups:
        if not is_name(name):
            raise ValueError(f"{name}: expected a name of letters, digits, _, + and -")
    pairs = [(edge.pre, edge.post) for edge in edges]
    for pre, post in pairs:
        if pairs.count((pre, post)) > 1:
            raise ValueError(
                f"{pre} -> {post}: expected one connection; several rules may change it"
            )


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
        self.edges = list(edges)
        _check_names(groups, edges)
        self.groups = Parts(groups)
        self.synapses = Parts({f"{e.pre}->{e.post}": e.synapses for e in edges})
        self.rules = Parts({f"{e.pre}->{e.post}": nn.ModuleList(e.rules) for e in edges})
        self.order, self._delays = list(groups), list[tuple[str, str, int]]()
        self.sort()
        for edge in edges:
            if edge.rules and not isinstance(edge.synapses, Weighted):
                kind = type(edge.synapses).__name__
                raise ValueError(f"{edge.pre} -> {edge.post}: synapses of {kind} do not learn")

    def group(self, name: str) -> Group:
        """Return a group."""
        found = self.groups[name]
        assert isinstance(found, Group)
        return found

    def sort(self) -> None:
        """Look at delays; where others were taken in, order the groups anew.

        Raises:
            ValueError: edges without a delay form a cycle then.
        """
        for edge in self.edges:
            edge.synapses.reset()
        delays = [(edge.pre, edge.post, edge.synapses.delay) for edge in self.edges]
        if delays != self._delays:
            self.order, self._delays = ordered(list(self.groups), delays), delays

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin samples anew; weights and what groups have learned stay."""
        self.sort()
        for edge in self.edges:
            self.group(edge.pre).remember(edge.synapses.longest)
        for name in self.order:
            self.group(name).reset(batch, like)
        for edge in self.edges:
            for rule in edge.rules:
                assert isinstance(edge.synapses, Weighted)
                rule.reset(edge.synapses, batch, like)

    def step(
        self,
        inputs: Mapping[str, Tensor],
        *,
        learn: bool = False,
        batched: bool = False,
        signals: Signals | None = None,
    ) -> None:
        """Advance by a step.

        Args:
            inputs: for each group of inputs what it is given, ``[batch, *shape]``.
            learn: whether rules change weights, and thresholds adapt.
            batched: whether several samples may teach at once.
            signals: what rules are told of this step, such as ``reward``, ``[]`` or ``[batch]``.

        Raises:
            ValueError: several samples teach at once, and that was not asked for.
        """
        if learn and not batched:
            self._one_by_one(len(next(iter(inputs.values()))))
        self.advance(inputs, learn)
        if learn:
            self.learn(signals or {})

    def draw(self, words: Tensor) -> None:
        """Tell groups the random words of the next step, ``[batch]``, for winners."""
        for group in self.groups.values():
            if isinstance(group, AdaptiveLIF):
                group.words = words

    def advance(self, inputs: Mapping[str, Tensor], learn: bool = False) -> None:
        """Let all groups make a step; :meth:`learn` follows where the network learns."""
        for name in self.order:
            group = self.group(name)
            if isinstance(group, AdaptiveLIF):
                group.learning = learn
            if isinstance(group, Relay):
                group.bring(self._carried(name))
            group(inputs[name] if isinstance(group, Input) else self._received(name))

    def _one_by_one(self, batch: int) -> None:
        if batch > 1:
            raise ValueError(
                f"learning from {batch} samples at once adds up what each of them changes: much "
                "faster, but 400 neurons of Diehl & Cook learned MNIST to 55-61 % in batches of "
                "32, and to 90 % sample by sample; show one at a time, or say batched=True"
            )

    def _received(self, name: str) -> Tensor:
        return self.group(name).gather(
            Arrival(
                edge.synapses,
                edge.synapses.receive(self.group(edge.pre), self._late(edge)),
                self.group(edge.pre).trace,
            )
            for edge in self.edges
            if edge.post == name
        )

    def _carried(self, name: str) -> list[Tensor]:
        """Return the traces that reach a group along with spikes."""
        found = [
            edge.synapses.carried(self.group(edge.pre), self._late(edge))
            for edge in self.edges
            if edge.post == name
        ]
        return [each for each in found if each is not None]

    def _late(self, edge: Edge) -> int:
        """Return 1 if pre steps behind post, so that its latest spikes are one step old."""
        return int(self.order.index(edge.pre) >= self.order.index(edge.post))

    def learn(self, signals: Signals) -> None:
        """Let all rules see a step, and change weights."""
        for edge in self.edges:
            self._change(edge, signals)

    @torch.no_grad()
    def _change(self, edge: Edge, signals: Signals) -> None:
        synapses = edge.synapses
        if edge.rules and isinstance(synapses, Weighted):
            pre, post = self.group(edge.pre), self.group(edge.post)
            changes = [rule.change(synapses, pre, post, signals) for rule in edge.rules]
            synapses.change(sum(changes[1:], changes[0]))
        elif synapses.decay:
            synapses.change(torch.zeros_like(synapses.weight))
        synapses.normalise("step")

    def normalise(self, behind: Every = "sample") -> None:
        """Normalise the weights of all synapses for which that is due."""
        for edge in self.edges:
            edge.synapses.normalise(behind)

    def run(
        self,
        inputs: Mapping[str, Tensor],
        *,
        learn: bool = False,
        batched: bool = False,
        signals: Mapping[str, Tensor | Telling] | None = None,
        clamps: Mapping[str, Tensor] | None = None,
        words: Tensor | None = None,
        record: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[str, Tensor]:
        """Show samples from their beginning; return the spikes ``[time, batch, *shape]`` of groups.

        What ``record`` names follows as ``group.attribute``, as it is after each step: with
        ``{"E": ("membranes", "trace")}`` the keys ``E.membranes`` and ``E.trace``.

        Args:
            inputs: for each group of inputs ``[time, batch, *shape]``.
            learn: whether the network learns; it is normalised behind the samples then.
            batched: whether several samples may teach at once; their changes add up.
            signals: for rules, by name, ``[time]`` or ``[time, batch]``; or what tells them step by
                step.
            clamps: of groups, ``[time, batch or 1, *shape]``: 1 where a neuron must spike, -1 where
                it must not, 0 where it is free.
            words: random words of 32 bits ``[time, batch]``, for winners.
            record: names of groups, and for each those of the tensors of its state to keep.

        Raises:
            ValueError: there is no such group, or it has no such state; a rule is not told a signal
                that it reads; or several samples teach at once and that was not asked for.
        """
        told = Told(Lesson(signals or {}, clamps or {}), {n: self.group(n) for n in self.order})
        first = next(iter(inputs.values()))
        if learn:
            self._check_signals(told.lesson.signals)
            if not batched:
                self._one_by_one(first.shape[1])
        self.reset(first.shape[1], first)
        spikes: dict[str, list[Tensor]] = {name: [] for name in self.order}
        monitors = Monitors(self.groups, record or {})
        for t in range(len(first)):
            if words is not None:
                self.draw(words[t])
            told.clamp(t)
            self.advance({name: each[t] for name, each in inputs.items()}, learn)
            if learn:
                self.learn(told.signals(t))
            for name, each in spikes.items():
                each.append(self.group(name).spikes)
            monitors.note()
        if learn:
            self.normalise()
        return {name: torch.stack(each) for name, each in spikes.items()} | monitors.recorded()

    def _check_signals(self, told: Iterable[str]) -> None:
        for edge in self.edges:
            for name in {name for rule in edge.rules for name in rule.reads} - set(told):
                raise ValueError(f"{edge.pre} -> {edge.post}: a rule {unknown_signal(name, told)}")
