"""A chain of NIR as a model of ours: feed-forward, or with recurrent weights a LIF network."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnrun.compat.nir.chain import Link
from snnrun.compat.nir.constants import Writer
from snnrun.compat.nir.reading import READERS, Array, Layers
from snnrun.compat.nir.recurrent import lif_network
from snnrun.compat.nir.remarks import NEURON
from snnrun.compat.nir.units import Unit, unit_of
from snnrun.errors import DataError
from snnrun.models.feedforward.neuron import NeuronSettings


@dataclass(frozen=True)
class Network:
    """A model as configs write it, and its tensors by name."""

    model: dict[str, Any]
    tensors: dict[str, Array]


def network_of(
    links: list[Link], shape: tuple[int, ...], writer: Writer, kind: type[np.floating[Any]]
) -> Network:
    """Return the network that nodes make.

    Args:
        links: the nodes, from the input on.
        shape: of the input.
        writer: how they are meant.
        kind: of the numbers that the network will compute with.

    Raises:
        DataError: there is no such layer here; names the node.
    """
    layers = Layers(shape, writer, kind)
    while links:
        used = 1
        if links[0].kind in READERS:
            READERS[links[0].kind](layers, links[0])
        else:
            unit = unit_of(links, writer)
            _add(layers, unit, links[0])
            used = unit.used
        links = links[used:]
    if layers.factor != 1:
        raise DataError(f"the output is spikes times {layers.factor:g}; expected weights behind")
    if layers.recurrent:
        return Network(*lif_network(layers))
    return Network(_feedforward(layers), layers.tensors)


def _add(layers: Layers, unit: Unit, first: Link) -> None:
    """Add neurons or integrators; recurrent weights lead back to the first of their nodes."""
    if unit.spikes:
        layers.neurons(unit.cells[0], first, unit.at.node.metadata.get(NEURON))
    elif first.recurrent is not None:
        raise DataError(f"recurrent weights lead back to {first.name}, which never spikes")
    else:
        for cell in unit.cells:
            layers.integrator(cell, unit.at.name)


def _feedforward(layers: Layers) -> dict[str, Any]:
    """Return the model; what its first neurons are, the others differ from."""
    defaults = NeuronSettings().model_dump()
    own = next((each for each in layers.layers if each["name"] == "lif"), {})
    network = {key: own.get(key, value) for key, value in defaults.items()}
    shown = []
    for each in layers.layers:
        same = network if each["name"] == "lif" else {}
        shown.append({key: v for key, v in each.items() if key not in same or v != same[key]})
    neuron = {key: value for key, value in network.items() if value != defaults[key]}
    return {"name": "feedforward", "neuron": neuron, "layers": shown, "output": "as_is"}
