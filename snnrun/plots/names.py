"""What layers are called in all figures, known from the settings of a network."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from snnrun.core.capabilities import Capability
from snnrun.plots.panels import layer_names

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

_KEY = re.compile(r"(?<=^readout)\..*|\.\w+$")  # what follows the key of a layer
_KIND = re.compile(r"(\w+) -> \[")
_STACKED = re.compile(r"(layers\.\d+|readout)\.weights")


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of tensors from the input on: layers by their number, then a readout.

    Example:
        >>> in_order(["readout.weights", "layers.10.weights", "layers.2.weights"])
        ['layers.2.weights', 'layers.10.weights', 'readout.weights']
    """

    def place(name: str) -> tuple[bool, list[int]]:
        numbers = [int(part) for part in name.split(".") if part.isdecimal()]
        return name.startswith("readout."), numbers

    return sorted(names, key=place)


def as_configured(experiment: "Experiment", names: Iterable[str]) -> list[str]:
    """Return names of the groups and synapses of a graph, or of their weights, in the order of its
    config; of what is no graph as they come.
    """
    names = list(names)
    if Capability.GRAPH not in experiment.offers:
        return names
    model: Any = experiment.model
    told = [*model.neurons, *(f"{edge.pre} -> {edge.post}" for edge in model.edges())]
    order = {name: place for place, name in enumerate(told)}
    return sorted(names, key=lambda name: order.get(_edge(name), len(order)))


def tensor_titles(experiment: "Experiment", names: Sequence[str]) -> list[str]:
    """Return what the layers with these weights, in order, are called.

    Weights of a network that is no stack of layers go by their kinds, or by their own names.
    """
    if Capability.SBS_LAYERS in experiment.offers:
        every = sbs_names(experiment)
        return [every[int(name.split(".")[1])] for name in names]
    if Capability.GRAPH in experiment.offers:
        return [_edge(name) for name in names]
    if not all(map(_STACKED.fullmatch, names)):
        known = kinds(experiment)
        return [known.get(_KEY.sub("", name), name) for name in names]
    readout = names[-1].startswith("readout.")
    return layer_names(len(names), "readout" if readout else "label layer")


def kinds(experiment: "Experiment") -> dict[str, str]:
    """Return what the layers of a feed-forward network are called, by their keys: their kind, with
    a number where there are several. Empty of other networks.
    """
    found = {key: _KIND.match(text) for key, text, _ in experiment.layers()}
    told = {key: kind[1] for key, kind in found.items() if kind}
    if len(told) < len(found):
        return {}
    names, counts = dict[str, str](), Counter[str]()
    inside = Counter(kind for key, kind in told.items() if key != "readout")
    for key, kind in told.items():
        counts[kind] += 1
        names[key] = f"{kind} {counts[kind]}" if inside[kind] > 1 else kind
    return names | ({"readout": "readout"} if "readout" in names else {})


def _edge(name: str) -> str:
    """Return what synapses, or groups, of a graph are called in its config.

    Example:
        >>> _edge("network.synapses.X->E.weight"), _edge("synapses.X -> E"), _edge("neurons.E")
        ('X -> E', 'X -> E', 'E')
    """
    short = re.sub(r"^(network\.)?(synapses|neurons)\.", "", name.removesuffix(".weight"))
    return " -> ".join(part.strip() for part in short.split("->"))


def sbs_names(experiment: "Experiment") -> list[str]:
    """Return what each layer of a Spike-By-Spike network is called: hidden layer 1, pooling layer
    1, ..., label layer.
    """
    model: Any = experiment.model
    weighted = sum(layer.weighted for layer in model.layers)
    left = iter(layer_names(weighted + (not model.classifies)))
    names, pooling = list[str](), 0
    for index, layer in enumerate(model.layers):
        if layer.weighted:
            names.append(next(left))
        elif not model.classifies and index == len(model.layers) - 1:
            names.append("reconstruction")
        else:
            pooling += 1
            names.append(f"pooling layer {pooling}")
    return [name.removesuffix(" 1") if pooling == 1 and name[0] == "p" else name for name in names]
