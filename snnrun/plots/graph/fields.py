"""Receptive fields: the weights from the input to each neuron, each where its input lies."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from snnrun.plots.keys import scale
from snnrun.plots.pictures import columns_for, montage, picture, show, some
from snnrun.plots.style import PAGE, class_colours, new_figure, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
MOST = 400  # neurons of a panel
_FEW = 100  # neurons for which half a page is wide enough


def fields(evaluation: "Evaluation") -> dict[str, Floats]:
    """Return the weights ``[neurons, channel, rows, columns]`` of each group that dense synapses
    reach from the input, by its name; none where samples are no images.
    """
    model: Any = evaluation.experiment.model
    shape = evaluation.experiment.sample_shape
    shape = evaluation.experiment.encoder.output_shape(shape)
    if len(shape) != 3 or math.prod(shape[1:]) == 1:
        return {}
    found = {}
    for edge in model.edges():
        if edge.pre == model.input_name and edge.dense:
            weights = evaluation.weights[f"network.synapses.{edge.pre}->{edge.post}.weight"]
            found[edge.post] = weights.reshape(-1, *shape)
    return found


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return an image for each neuron, of the readout sorted by class, with its class in a corner.

    Of more than 400 neurons, some that lie apart.
    """
    found = fields(evaluation)
    if not found:
        return None
    rule: Any = evaluation.experiment.learning
    chosen = {name: _sorted(evaluation, name == rule.readout, each) for name, each in found.items()}
    images = {}
    for name, (tiles, _) in chosen.items():
        images[name] = montage(tiles, columns_for(tiles))
    width = PAGE if any(len(tiles) > _FEW for tiles, _ in chosen.values()) else PAGE / 2
    heights = [8 + 0.86 * width * len(each) / each.shape[1] for each in images.values()]
    figure = new_figure(width, sum(heights))
    panels = figure.subplots(len(images), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, (name, image) in zip(panels, images.items(), strict=True):
        tiles, classes = chosen[name]
        signed = image.ndim == 2 and bool(np.nanmin(image) < 0)
        shown = show(axes, image, signed, float(np.nanquantile(np.abs(image), 0.999)))
        axes.set_title(f"{name}: {some(len(tiles), len(found[name]))}")
        _mark(axes, tiles, classes, evaluation.classes)
        if image.ndim == 2:
            scale(figure, shown, "weight", ax=axes, shrink=0.4, aspect=30, pad=0.01)
    return figure


def _sorted(
    evaluation: "Evaluation", answers: bool, weights: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the tiles to show and their classes; without classes where a group has none."""
    classes = evaluation.of("assignments")["classes"] if answers else np.zeros(0, np.int64)
    order = np.arange(len(weights))
    if len(classes):
        order = np.argsort(np.where(classes < 0, classes.max() + 1, classes), kind="stable")
    places = np.linspace(0, len(order) - 1, min(MOST, len(order))).round().astype(int)
    order = order[places]
    return picture(weights[order], evaluation)[0], classes[order] if len(classes) else classes


def _mark(axes: Axes, tiles: Floats, classes: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Write the class into the corner of each tile, in its colour; none for those of no class.

    A white edge keeps it readable on dark tiles.
    """
    columns, (height, width) = columns_for(tiles), tiles.shape[1:3]
    colours = class_colours(len(names))
    for index, given in enumerate(classes):
        if given >= 0:
            left = (width + 1) * (index % columns) - 0.3
            top = (height + 1) * (index // columns) - 0.3
            edge = [withStroke(linewidth=1.2, foreground="white")]
            style: dict[str, Any] = {"color": colours[given], "va": "top", "fontsize": points(5)}
            style["path_effects"] = edge
            axes.text(left, top, names[given], fontweight="bold", **style)
