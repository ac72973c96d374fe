"""Panels with a place for each layer of a network."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.names import as_configured, kinds, tensor_titles
from snnrun.runs.layers import rows

if TYPE_CHECKING:
    from snnrun.experiment import Experiment
    from snnrun.runs.evaluation import Evaluation

MOST = 12  # names of layers that fit below a panel
_BESIDE = 42  # letters that do


def layers_of(
    evaluation: "Evaluation", arrays: Mapping[str, NDArray[Any]]
) -> dict[str, dict[str, float]]:
    """Return the numbers of each layer, by its key and their names, from the input on."""
    found = rows(arrays)
    return {key: found[key] for key in as_configured(evaluation.experiment, found)}


def titles(experiment: "Experiment", keys: Iterable[str]) -> list[str]:
    """Return what layers are called: as in all figures, or by their keys, if they are no stack."""
    if told_kinds := kinds(experiment):
        return [told_kinds.get(key, short(key)) for key in keys]
    every = [name for name, *_ in experiment.layers() if ".before." not in name]
    tensors = [f"{name}.weights" for name in every]
    told = tensor_titles(experiment, tensors)
    names = {} if told == tensors else dict(zip(every, told, strict=True))
    return [names.get(key, short(key)) for key in keys]


def share_axis(axes: Axes, percent: NDArray[np.float64], side: str = "y") -> None:
    """Let an axis of shares end at 100 %, and begin at a multiple of ten below them, or at 0."""
    low = np.nanmin([95.0, *percent])
    limits = max(0.0, 10 * np.floor((low - 0.01) / 10)), 100.0
    axes.set(**{f"{side}lim": limits})
    axis = axes.yaxis if side == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5, integer=True, steps=(1, 2, 5, 10)))


def short(key: str) -> str:
    """Return what a layer is called where there is little room.

    Example:
        >>> short("layers.3.body.0"), short("readout"), short("synapses.X -> E")
        ('3.body.0', 'readout', 'X -> E')
    """
    return re.sub(r"^(layers|neurons|synapses)\.", "", key)


def layer_axis(axes: Axes, names: list[str]) -> None:
    """Label a place for each layer, on two lines or upright where they are long; of many layers,
    every k-th.
    """
    every = -(-len(names) // MOST)
    places = np.arange(len(names))[::every]
    shown = names[::every]
    if _width(shown) > _BESIDE:
        shown = [name.replace(" ", "\n", 1) for name in shown]
    turned = _width(shown) > _BESIDE
    axes.set_xticks(places, names[::every] if turned else shown, rotation=90 if turned else 0)
    axes.set_xlim(-0.6, len(names) - 0.4)
    if "layer" not in names[0]:
        axes.set_xlabel("layer")


def _width(names: list[str]) -> int:
    """Return how many letters names have beside each other, the longest line of each."""
    return sum(max(map(len, name.split("\n"))) for name in names)
