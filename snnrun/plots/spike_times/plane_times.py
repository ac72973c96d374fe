"""Spike times over the Yin-Yang plane: what the label and hidden neurons tell of the input.

White inside the disc means no spike. With the TTFS loss a label neuron decides where it lags behind
the earliest one by nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.path import Path
from numpy.typing import NDArray

from snnrun.plots import plane
from snnrun.plots.panels import layer_names, letter
from snnrun.plots.plane import Plane
from snnrun.plots.style import PAGE, TIME, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_GAP = 4  # grid points between the maps of hidden neurons
_COLUMNS = 6  # of maps


def behind_earliest(times: Floats) -> Floats:
    """Return how long after the earliest neuron each one spikes; inf where it is silent.

    Example:
        >>> behind_earliest(np.array([[1.0, 0.5, np.inf], [np.inf, np.inf, np.inf]]))
        array([[0.5, 0. , inf],
               [inf, inf, inf]])
    """
    earliest = times.min(axis=-1, keepdims=True)
    lag = np.full_like(times, np.inf)
    np.subtract(times, earliest, out=lag, where=times < np.inf)
    return lag


def draw_labels(evaluation: "Evaluation") -> Figure | None:
    """Return time (top) and lag behind the earliest label (bottom), one column a label neuron."""
    answers = plane.read(evaluation)
    times = answers.labels
    if times is None:
        return None
    names = evaluation.classes[: times.shape[-1]]
    figure = new_figure(PAGE, 112)
    panels = figure.subplots(2, len(names), sharex=True, sharey=True)
    _row(panels[0], times, answers, f"spike time {TIME}; white: none", "viridis")
    _row(panels[1], behind_earliest(times), answers, f"lag behind earliest {TIME}", "plasma_r")
    for axes, name in zip(panels[0], names, strict=True):
        axes.set_title(f"label neuron: {name}")
    for axes in panels[1]:
        axes.set_xlabel("x")
    for axes in panels[:, 0]:
        axes.set_ylabel("y")
    letter(panels.ravel())
    return figure


def draw_hidden(evaluation: "Evaluation") -> Figure | None:
    """Return the spike times of the first neurons of the first hidden layer, if there is one."""
    answers = plane.read(evaluation)
    times = answers.hidden
    if times is None:
        return None
    number = times.shape[-1]
    columns = min(_COLUMNS, number)
    rows = -(-number // columns)
    figure = new_figure(PAGE, 10 + 157 * rows / columns)
    axes = figure.subplots()
    tile = 1 + _GAP / len(times)
    step = 2 * answers.r_big * tile
    corners = [(step * (i % columns), step * (rows - 1 - i // columns)) for i in range(number)]
    clip = Path.make_compound_path(*(plane.disc(answers, *corner) for corner in corners))
    borders = Path.make_compound_path(*(plane.outline(answers, *corner) for corner in corners))
    tiles = mosaic(times, columns, _GAP)
    style = _scale(times) | {"tiles": (rows * tile, columns * tile)}
    image = plane.show(axes, tiles, answers, borders, clip, **style)
    for index, (right, up) in enumerate(corners):
        axes.text(right + 0.04 * step, up + 0.88 * step, str(index))
    axes.set_axis_off()
    axes.set_title(f"{layer_names(answers.layers)[0]}, neurons 0 to {number - 1}")
    _colour_bar([axes], image, f"spike time {TIME}; white: none")
    return figure


def mosaic(times: Floats, columns: int, gap: int = 0) -> Floats:
    """Return the maps ``[y, x, neurons]`` beside each other, row by row from the top.

    ``gap`` points right of and above each map, and the places of missing maps, are inf.

    Example:
        >>> mosaic(np.array([[[1.0, 2.0, 3.0]]]), 2)
        array([[ 3., inf],
               [ 1.,  2.]])
    """
    height, width, number = (
        size + extra for size, extra in zip(times.shape, (gap, gap, 0), strict=True)
    )
    rows = -(-number // columns)
    tiles = np.full((rows * columns, height, width), np.inf)
    tiles[:number, : height - gap, : width - gap] = np.moveaxis(times, -1, 0)
    grid = tiles.reshape(rows, columns, height, width)[::-1]
    return grid.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)


def _row(panels: Sequence[Axes], times: Floats, answers: Plane, label: str, colours: str) -> None:
    """Show one neuron a panel, all on one colour scale."""
    style = _scale(times) | {"cmap": colours}
    borders, rim = plane.outline(answers), plane.disc(answers)
    images = [
        plane.show(axes, times[..., index], answers, borders, rim, **style)
        for index, axes in enumerate(panels)
    ]
    _colour_bar(panels, images[0], label)


def _scale(times: Floats) -> dict[str, Any]:
    """Return the colour scale: from the earliest spike to the 98th percentile."""
    spiked = times[np.isfinite(times)]
    low, high = np.percentile(spiked, [0, 98]) if spiked.size else (0.0, 1.0)
    return {"vmin": low, "vmax": high}


def _colour_bar(panels: Sequence[Axes], image: AxesImage, label: str) -> None:
    bar = panels[0].figure.colorbar(
        image, ax=list(panels), label=label, extend="max", extendfrac=0.03, aspect=35, shrink=0.9
    )
    bar.outline.set_linewidth(0.5)
