"""Networks that advance in steps: spikes of one sample of each class, and the readout's traces."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import (
    band_name,
    every_kth,
    highlight,
    layer_names,
    letter,
    neuron_legend,
    share_y,
)
from snnrun.plots.style import GREY, INK, LIGHT, PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
#: What stands beside a band, its activity ``[time, neurons]``, the colour of each neuron.
Band = tuple[str, Floats, list[str]]
_COLUMNS = 5
_LINES = 50  # of a band, with gaps between them


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each class, at most five beside each other.

    Above, what every layer receives and does: a row a neuron, a column a step; of large layers
    every k-th neuron, which its name says. Below, the membranes of the readout, with the threshold
    if it spikes.
    """
    found = evaluation.of("step_examples")
    if not found:
        return None
    labels, traces = found["labels"], found["readout"]
    columns = min(len(labels), _COLUMNS)
    blocks = -(-len(labels) // columns)
    figure = new_figure(PAGE, 90 * blocks)
    panels = figure.subplots(
        2 * blocks, columns, sharey="row", height_ratios=[1.6, 1] * blocks, squeeze=False
    )
    tops, bottoms = panels[::2].ravel(), panels[1::2].ravel()
    for example, (top, bottom, label) in enumerate(zip(tops, bottoms, labels, strict=False)):
        _image(top, bands(found, example))
        _membranes(bottom, traces[example], label, found["thresholds"][-1])
        top.set_title(f"class: {evaluation.classes[label]}")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel("step")
        bottom.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    for axes in (*tops, *bottoms):
        axes.set_xlim(-0.5, traces.shape[1] - 0.5)
        axes.set_visible(axes.has_data())
    share_y(bottoms)
    for axes in panels[1::2, 0]:
        axes.set_ylabel("membrane of readout")
    key(figure, list(tops[: len(labels)]), found["input"])
    dashed = [Line2D([], [], color=GREY, lw=0.6, ls="--", label="threshold")]
    spikes = np.isfinite(found["thresholds"][-1])
    neuron_legend(figure, evaluation.classes, *(dashed if spikes else []))
    letter(tops[: len(labels)])
    return figure


def bands(found: dict[str, NDArray[Any]], example: int) -> list[Band]:
    """Return the bands of an example from bottom to top, the input first, whose largest is 1."""
    names = layer_names(len(found["thresholds"]), "readout")
    spiking = len(found["sizes"]) - 1
    arrays = ["input", *(f"layer_{index}" for index in range(spiking))]
    rows = []
    for title, name, size, every in zip(
        ["input", *names], arrays, found["sizes"], found["every"], strict=False
    ):
        last = title == names[-1]
        shades = highlight(size, int(found["labels"][example])) if last else [INK] * size
        further = every_kth(len(shades[::every]), _LINES)
        text = band_name(title.replace(" layer", ""), size, every * further)
        activity = found[name][example][:, ::further]
        if name == "input":
            activity = activity / _largest(found["input"])
        rows.append((text, activity, shades[:: every * further]))
    return rows


def _largest(inputs: NDArray[Any]) -> float:
    return max(1.0, float(np.abs(inputs).max()))


def _image(axes: Axes, rows: list[Band]) -> None:
    """Draw the bands above each other: white where nothing is, the neuron's colour for 1.

    Between neurons, and between steps, is a gap, so that what is always active can be counted.
    """
    bottom, middles = 0.0, []
    for name, activity, colours in rows:
        height = 0.7 if name.startswith("readout") else 1.0
        shades = np.array([to_rgb(colour) for colour in colours])
        picture = 1 - np.abs(activity.T[:, :, None]) * (1 - shades[:, None])
        extent = (-0.5, len(activity) - 0.5, bottom, bottom + height)
        axes.imshow(apart(picture), extent=extent, aspect="auto", interpolation="nearest")
        middles.append(bottom + height / 2)
        bottom += height
        axes.axhline(bottom, color=LIGHT, lw=0.4)
    axes.set_yticks(middles, [name for name, _, _ in rows])
    axes.set_ylim(0, bottom)
    axes.tick_params(axis="y", length=0)


def apart(picture: Floats) -> Floats:
    """Return an image ``[rows, columns, rgb]`` with pixels of 3 x 3 and a white line after each."""
    wide = np.ones((4 * picture.shape[0], 4 * picture.shape[1], 3))
    for row, column in np.ndindex(3, 3):
        wide[row::4, column::4] = picture
    return wide


def key(figure: Figure, panels: list[Axes], inputs: NDArray[Any]) -> None:
    """Say what the greys of an input are that is more than spikes."""
    if not np.isin(inputs, (0, 1)).all():
        grey = ScalarMappable(Normalize(0, _largest(inputs)), "Greys")
        bar = figure.colorbar(grey, ax=panels, label="input", shrink=0.3, aspect=20, pad=0.01)
        bar.outline.set_visible(False)


def _membranes(axes: Axes, traces: Floats, label: int, threshold: float) -> None:
    """Draw the traces ``[time, classes]``, that of the true class thicker."""
    if np.isfinite(threshold):
        axes.axhline(threshold, color=GREY, lw=0.6, ls="--")
    for unit, colour in enumerate(highlight(traces.shape[1], label)):
        width, above = (1.2, 2.5) if unit == label else (0.6, 2.0)
        axes.plot(traces[:, unit], color=colour, lw=width, zorder=above)
