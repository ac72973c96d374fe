"""A graph of NIR as a chain: each node with what feeds back around it.

Subgraphs are taken apart first, so that it does not matter how a file nests them. Two circles are
known, both around neurons: weights from their spikes back to their input (recurrent), and from a
Threshold a Scale back to the integrator before it (a reset that subtracts).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from snnrun.compat.nir.nodes import whole
from snnrun.errors import DataError

_ENDS = ("Input", "Output")
_WEIGHTS = ("Affine", "Linear")
_INTEGRATORS = ("LI", "I")
_LONGEST = 3  # nodes of a neuron: synapse, membrane, threshold


@dataclass
class Link:
    """A node of the chain.

    reset: the Scale that a Threshold behind this integrator sends back to it.
    recurrent: the weights from the spikes of the neuron back to this node, its first.
    """

    name: str
    node: Any
    reset: Any = None
    recurrent: Any = None

    @property
    def kind(self) -> str:
        """The name of the node's type."""
        return type(self.node).__name__


class _Flat:
    """Nodes and edges without subgraphs; what goes into a node adds up."""

    def __init__(self, graph: Any) -> None:
        self.nodes: dict[str, Any] = {}
        self.before: dict[str, set[str]] = {}
        self.after: dict[str, set[str]] = {}
        self.first, self.last = self._add(graph, "")

    def _add(self, graph: Any, prefix: str) -> tuple[str, str]:
        """Add the nodes of a graph and return its Input and its Output."""
        doors: dict[str, tuple[str, str]] = {}
        for name, node in graph.nodes.items():
            full = f"{prefix}{name}"
            if type(node).__name__ == "NIRGraph":
                doors[name] = self._add(node, f"{full}.")
            else:
                self.nodes[full] = node
                self.before[full], self.after[full] = set(), set()
                doors[name] = full, full
        for source, target in graph.edges:
            if source not in doors or target not in doors:
                raise DataError(f"an edge leads from {source} to {target}; there is no such node")
            self.join(doors[source][1], doors[target][0])
        return self._only(graph, "Input", prefix), self._only(graph, "Output", prefix)

    def _only(self, graph: Any, kind: str, prefix: str) -> str:
        found = [name for name, node in graph.nodes.items() if type(node).__name__ == kind]
        if len(found) != 1:
            where = f" in {prefix[:-1]}" if prefix else ""
            raise DataError(f"{len(found)} nodes are {kind}{where}; expected one")
        return f"{prefix}{found[0]}"

    def join(self, source: str, target: str) -> None:
        self.after[source].add(target)
        self.before[target].add(source)

    def take_out(self, name: str) -> Any:
        """Remove a node with its edges and return it."""
        for other in self.before.pop(name):
            self.after[other].discard(name)
        for other in self.after.pop(name):
            self.before.get(other, set()).discard(name)
        return self.nodes.pop(name)

    def pass_through(self, name: str) -> None:
        """Remove a node and lead what goes into it to where it led."""
        before, after = self.before[name] - {name}, self.after[name] - {name}
        self.take_out(name)
        for source in before:
            for target in after:
                self.join(source, target)

    def is_a(self, name: str, kinds: tuple[str, ...]) -> bool:
        return type(self.nodes[name]).__name__ in kinds

    def leads(self, start: str, end: str, nodes: int) -> bool:
        """Tell whether a way of so many nodes at most leads from one to another."""
        if start == end:
            return True
        return nodes > 1 and any(self.leads(each, end, nodes - 1) for each in self.after[start])


def chain(graph: Any) -> tuple[Any, list[Link]]:
    """Return the Input of a graph and what follows it, up to the Output.

    Raises:
        DataError: the graph is no chain; names the node.
    """
    flat = _Flat(graph)
    for name in [name for name in flat.nodes if flat.is_a(name, _ENDS)]:
        if name not in (flat.first, flat.last):
            flat.pass_through(name)
    resets = dict(_resets(flat))
    loops = dict(_loops(flat))
    given = flat.nodes[flat.first]
    found = [Link(n, flat.nodes[n], resets.get(n), loops.get(n)) for n in _walk(flat)]
    if aside := sorted({*flat.nodes} - {each.name for each in found} - {flat.first, flat.last}):
        raise DataError(f"{aside[0]} lies beside the way from Input to Output")
    return given, found


def _resets(flat: _Flat) -> Iterator[tuple[str, Any]]:
    """Take out each Scale that leads from a Threshold to the integrator before it."""
    for name in [name for name in flat.nodes if flat.is_a(name, ("Scale",))]:
        if len(flat.before[name]) == len(flat.after[name]) == 1:
            (spikes,), (membrane,) = flat.before[name], flat.after[name]
            known = flat.is_a(spikes, ("Threshold",)) and flat.is_a(membrane, _INTEGRATORS)
            if known and spikes in flat.after[membrane]:
                yield membrane, flat.take_out(name)


def _loops(flat: _Flat) -> Iterator[tuple[str, Any]]:
    """Take out weights that lead from the spikes of neurons to their input."""
    for name in [name for name in flat.nodes if flat.is_a(name, _WEIGHTS)]:
        if len(flat.before[name]) == len(flat.after[name]) == 1:
            (spikes,), (start,) = flat.before[name], flat.after[name]
            if flat.leads(start, spikes, _LONGEST):
                yield start, flat.take_out(name)


def _walk(flat: _Flat) -> Iterator[str]:
    """Yield the nodes between Input and Output."""
    at, seen = flat.first, {flat.first}
    while True:
        after = sorted(flat.after[at])
        if len(after) != 1:
            where = "nowhere" if not after else f"to {' and '.join(after)}"
            raise DataError(f"{at} leads {where}; a network here is a chain of nodes")
        (following,) = after
        if len(flat.before[following]) != 1 or following in seen:
            sources = " and ".join(sorted(flat.before[following]))
            raise DataError(f"{following} gets the sum of {sources}; a network here is a chain")
        at = following
        seen.add(at)
        if at == flat.last:
            return
        yield at


def input_shape(given: Any, links: list[Link]) -> tuple[int, ...]:
    """Return the shape of the input, without the batch that some libraries leave in it.

    Raises:
        DataError: it is none.
    """
    shape = tuple(whole(given.input_type["input"], "the shape of the input"))
    axes = {"Affine": 1, "Linear": 1, "Conv1d": 2, "Conv2d": 3}.get(links[0].kind if links else "")
    return shape[1:] if axes is not None and len(shape) == axes + 1 else shape
