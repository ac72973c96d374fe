"""Nodes of NIR for the neurons of a layer, and what chains nodes up.

A LIF or CubaLIF, without a leak an IF. NIR's neurons are set to v_reset by a spike; others become
an integrator and a Threshold, whose spikes a Scale takes back from the membrane a step later, which
is the same. A synaptic current that no node has, beside such a membrane, is an integrator before.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.compat.nir.constants import DT, Cell
from snnrun.compat.nir.package import nir

Array = NDArray[np.floating[Any]]
Shape = tuple[int, ...]


class Chain:
    """A graph in which each new node comes behind the last."""

    def __init__(self, shape: Shape) -> None:
        self.nodes: dict[str, Any] = {"input": nir().Input(np.array(shape))}
        self.edges: list[tuple[str, str]] = []
        self.last = "input"

    def add(self, name: str, node: Any) -> str:
        """Add a node behind the last and return its name, with a number where it is taken."""
        number = sum(known.rpartition("_")[0] == name for known in self.nodes)
        full = f"{name}_{number}"
        self.nodes[full] = node
        self.edges.append((self.last, full))
        self.last = full
        return full

    def back(self, name: str, node: Any, target: str) -> None:
        """Add a node that leads from the last back to an earlier one; the last stays."""
        source = self.last
        self.edges.append((self.add(name, node), target))
        self.last = source

    def graph(self, shape: Shape, remarks: dict[str, Any]) -> Any:
        """Return the graph, with an output of this shape."""
        nodes = {**self.nodes, "output": nir().Output(np.array(shape))}
        edges = [*self.edges, (self.last, "output")]
        return nir().NIRGraph(nodes, edges, metadata=remarks)


def add_neurons(
    chain: Chain, cell: Cell, shape: Shape, remark: dict[str, Any], recurrent: Array | None = None
) -> None:
    """Add the neurons of a layer.

    Args:
        chain: what they come behind.
        cell: the neurons.
        shape: of the layer.
        remark: metadata of the node with the membrane.
        recurrent: weights from their spikes to their input, ``[to, from]``; they become a graph of
            their own, as snnTorch has it.
    """
    if recurrent is None:
        _neurons(chain, cell, shape, remark)
        return
    inner = Chain(shape)
    first = _neurons(inner, cell, shape, remark)
    inner.back("w_rec", nir().Linear(recurrent), first)
    chain.add("recurrent", inner.graph(shape, {}))


def _neurons(chain: Chain, cell: Cell, shape: Shape, remark: dict[str, Any]) -> str:
    """Add them and return the first of their nodes."""
    more = {"v_threshold": _full(shape, cell.threshold), "v_reset": _full(shape, cell.v_reset)}
    cuba = 0 < cell.current < 1 and cell.decay < 1
    if cell.reset == "set" and cuba:
        synapse = {
            "tau_syn": _tau(shape, cell.current),
            "w_in": _full(shape, 1 / (1 - cell.current)),
        }
        tau, r, rest = _membrane(shape, cell)
        node = nir().CubaLIF(tau_mem=tau, r=r, v_leak=rest, **more, **synapse, metadata=remark)
        return chain.add("lif", node)
    before = []
    if cell.current:
        before = [add_integrators(chain, Cell(cell.current), shape, "synapse")]
    if cell.reset == "set" and cell.decay == 1:
        first = chain.add("lif", nir().IF(_full(shape, cell.scale / DT), **more, metadata=remark))
    elif cell.reset == "set":
        tau, r, rest = _membrane(shape, cell)
        first = chain.add("lif", nir().LIF(tau, r, rest, **more, metadata=remark))
    else:
        first = add_integrators(chain, cell, shape, "membrane", remark)
        chain.add("spikes", nir().Threshold(_full(shape, cell.threshold)))
        if cell.reset == "subtract":
            taken = cell.threshold * (1.0 if cell.delayed else cell.decay) / cell.scale
            chain.back("reset", nir().Scale(_full(shape, -taken)), first)
    return [*before, first][0]


def add_integrators(
    chain: Chain, cell: Cell, shape: Shape, name: str, remark: dict[str, Any] | None = None
) -> str:
    """Add integrators without spikes and return the name of their node."""
    if cell.decay == 1:
        node = nir().I(_full(shape, cell.scale / DT), metadata=remark or {})
    else:
        node = nir().LI(*_membrane(shape, cell), metadata=remark or {})
    return chain.add(name, node)


def _membrane(shape: Shape, cell: Cell) -> tuple[Array, Array, Array]:
    """Return time constant, resistance and leak potential."""
    r = cell.scale / (1 - cell.decay)
    return _tau(shape, cell.decay), _full(shape, r), _full(shape, cell.rest)


def _tau(shape: Shape, left: float) -> Array:
    return _full(shape, DT / (1 - left))


def _full(shape: Shape, value: float) -> Array:
    return np.full(shape, value, np.float64)
