"""Networks that advance in steps: spikes of one sample of each class, and the readout's traces."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, letter
from snnrun.plots.style import GREY, INK, LIGHT, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
#: What stands beside a band, its activity ``[time, neurons]``, the colour of each neuron.
Band = tuple[str, Floats, list[str]]
_COLUMNS = 5


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each class, at most five beside each other.

    Above, an image of what every layer receives and does: a row a neuron, a column a step; of large
    layers every k-th neuron, which its name says. Below, the membranes of the readout, with the
    threshold if it spikes.
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
        _membranes(bottom, evaluation.classes, traces[example], label, found["thresholds"][-1])
        top.set_title(f"class: {evaluation.classes[label]}")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel("step")
    for axes in (*tops, *bottoms):
        axes.set_xlim(-0.5, traces.shape[1] - 0.5)
        axes.set_visible(axes.has_data())
    for axes in panels[1::2, 0]:
        axes.set_ylabel("membrane of readout")
    handles = bottoms[0].get_legend_handles_labels()[0]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 5))
    for line in legend.get_lines():
        line.set_linewidth(1.0)
    letter(tops[: len(labels)])
    return figure


def bands(found: dict[str, NDArray[Any]], example: int) -> list[Band]:
    """Return the bands of an example from bottom to top, the input first."""
    names = layer_names(len(found["thresholds"]), "readout")
    spiking = len(found["sizes"]) - 1
    arrays = ["input", *(f"layer_{index}" for index in range(spiking))]
    rows = []
    for title, name, size, every in zip(
        ["input", *names], arrays, found["sizes"], found["every"], strict=False
    ):
        shades = class_colours(size) if title == names[-1] else [INK] * size
        text = band_name(title.replace(" layer", ""), size, every)
        rows.append((text, found[name][example], shades[::every]))
    return rows


def band_name(name: str, neurons: int, every: int) -> str:
    """Return what stands beside a band of which every k-th neuron is shown.

    Example:
        >>> band_name("hidden", 64, 1), band_name("input", 784, 8)
        ('hidden (64)', 'input (784,\\n1 in 8 shown)')
    """
    return f"{name} ({neurons})" if every == 1 else f"{name} ({neurons},\n1 in {every} shown)"


def _image(axes: Axes, rows: list[Band]) -> None:
    """Draw the bands above each other: white where nothing is, the neuron's colour for 1."""
    bottom, middles = 0.0, []
    for name, activity, colours in rows:
        height = 0.7 if name.startswith("readout") else 1.0
        shades = np.array([to_rgb(colour) for colour in colours])
        picture = 1 - activity.T[:, :, None] * (1 - shades[:, None])
        extent = (-0.5, len(activity) - 0.5, bottom, bottom + height)
        axes.imshow(picture, extent=extent, aspect="auto", interpolation="nearest")
        middles.append(bottom + height / 2)
        bottom += height
        axes.axhline(bottom, color=LIGHT, lw=0.4)
    axes.set_yticks(middles, [name for name, _, _ in rows])
    axes.set_ylim(0, bottom)
    axes.tick_params(axis="y", length=0)


def _membranes(
    axes: Axes, names: tuple[str, ...], traces: Floats, label: int, threshold: float
) -> None:
    """Draw the traces ``[time, classes]``, that of the true class thicker."""
    if np.isfinite(threshold):
        axes.axhline(threshold, color=GREY, lw=0.6, ls="--")
    for unit, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
        width = 1.2 if unit == label else 0.6
        axes.plot(traces[:, unit], color=colour, lw=width, label=f"class {name}")
