"""Neurons of ours in a chain of NIR: one node, or several that make one.

A Threshold behind an integrator spikes; an integrator right before neurons is their synaptic
current.
"""

from typing import NamedTuple

from snnrun.compat.nir import nodes
from snnrun.compat.nir.chain import Link
from snnrun.compat.nir.constants import Cell, Writer
from snnrun.errors import DataError


class Unit(NamedTuple):
    """What so many nodes make.

    cells: one of neurons, or one or two of integrators.
    at: the node that holds the membrane.
    """

    cells: tuple[Cell, ...]
    spikes: bool
    at: Link
    used: int


def unit_of(links: list[Link], writer: Writer) -> Unit:
    """Return what the first nodes make.

    Raises:
        DataError: their numbers are none of a neuron here; names the node.
    """
    first, kinds = links[0], [each.kind for each in links[:3]]
    if kinds[0] == "Threshold":
        level = nodes.one(first.node.threshold, f"{first.name}.threshold")
        return _checked(Unit((Cell(0.0, threshold=level, reset="none"),), True, first, 1))
    if kinds[0] in ("LI", "I") and (kinds[1:2] in (["LIF"], ["IF"]) or _spikes(kinds[1:])):
        before = nodes.membrane(first.node, first.name, writer)
        if not before.rest:
            inner = unit_of([_without_loop(links[1], first), *links[2:]], writer)
            return _checked(
                _behind(before.decay, before.scale, inner)._replace(used=inner.used + 1)
            )
    cell = nodes.membrane(first.node, first.name, writer)
    if kinds[0] in nodes.NEURONS:
        unit = Unit((nodes.spiking(cell, first.node, first.name, writer),), True, first, 1)
    elif kinds[1:2] == ["Threshold"]:
        level = nodes.one(links[1].node.threshold, f"{links[1].name}.threshold")
        cell = nodes.subtracting(cell._replace(threshold=level), first.reset, first.name)
        unit = Unit((cell,), True, first, 2)
    else:
        unit = Unit((cell,), False, first, 1)
    if kinds[0].startswith("Cuba"):
        unit = _behind(*nodes.synapse(first.node, first.name, writer), unit)
    return _checked(unit)


def _spikes(kinds: list[str]) -> bool:
    return kinds[:1] in (["LI"], ["I"]) and kinds[1:2] == ["Threshold"]


def _without_loop(link: Link, before: Link) -> Link:
    if link.recurrent is not None:
        raise DataError(f"the recurrent weights of {link.name} pass {before.name} by")
    return link


def _behind(current: float, scale: float, unit: Unit) -> Unit:
    """Return a unit that gets a synaptic current."""
    (cell,) = unit.cells
    if not unit.spikes:
        return unit._replace(cells=(Cell(current, scale), cell))
    return unit._replace(cells=(cell._replace(current=current, scale=cell.scale * scale),))


def _checked(unit: Unit) -> Unit:
    for cell in unit.cells:
        numbers = {"resistance": cell.scale, "threshold": cell.threshold}
        for what, value in numbers.items():
            if value <= 0:
                raise DataError(f"the {what} of {unit.at.name} is {value:g}; expected more than 0")
    return unit
