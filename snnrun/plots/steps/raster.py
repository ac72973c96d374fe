"""Networks that advance in steps: spikes of one sample of each class, and the readout's traces."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, letter
from snnrun.plots.spike_times.raster import examples
from snnrun.plots.style import GREY, INK, LIGHT, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]
Band = tuple[str, Floats, list[str]]
_COLUMNS = 5
_LINES = 100  # of a band, that can be told apart in print; of more neurons every k-th is shown


def draw(evaluation: "Evaluation") -> Figure:
    """Return a column for each class, at most five beside each other.

    Above, an image of what every layer receives and does: a row a neuron, a column a step; of large
    layers every k-th neuron, which its name says. Below, the membranes of the readout, with the
    threshold if it spikes.
    """
    samples = examples(evaluation)
    seen, record = evaluation.watch(evaluation.inputs[samples])
    shown = [x.numpy() for x in (seen, *record.spikes[: len(evaluation.rates)])]
    traces = record.membranes[-1].numpy()
    columns = min(len(samples), _COLUMNS)
    blocks = -(-len(samples) // columns)
    figure = new_figure(PAGE, 90 * blocks)
    panels = figure.subplots(
        2 * blocks, columns, sharey="row", height_ratios=[1.6, 1] * blocks, squeeze=False
    )
    tops, bottoms = panels[::2].ravel(), panels[1::2].ravel()
    for index, (top, bottom, sample) in enumerate(zip(tops, bottoms, samples, strict=False)):
        _image(top, bands(evaluation, [layer[:, index] for layer in shown]))
        _membranes(bottom, evaluation, traces[:, index], evaluation.labels[sample])
        top.set_title(f"class: {evaluation.dataset.classes[evaluation.labels[sample]]}")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel("step")
    for axes in (*tops, *bottoms):
        axes.set_xlim(-0.5, len(traces) - 0.5)
        axes.set_visible(axes.has_data())
    for axes in panels[1::2, 0]:
        axes.set_ylabel("membrane of readout")
    handles = bottoms[0].get_legend_handles_labels()[0]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 5))
    for line in legend.get_lines():
        line.set_linewidth(1.0)
    letter(tops[: len(samples)])
    return figure


def bands(evaluation: "Evaluation", layers: list[Floats]) -> list[Band]:
    """Return name, activity ``[time, neurons]`` and colours of each layer, the input first."""
    names = layer_names(len(evaluation.experiment.layers()), "readout")
    rows = [("input", layers[0], [INK] * layers[0].shape[1])]
    for name, spikes in zip(names, layers[1:], strict=False):
        plain = [INK] * spikes.shape[1]
        shades = class_colours(spikes.shape[1]) if name == names[-1] else plain
        rows.append((name.replace(" layer", ""), spikes, shades))
    return rows


def every_kth(neurons: int) -> int:
    """Return k such that every k-th neuron of a layer can be shown.

    Example:
        >>> every_kth(100), every_kth(256)
        (1, 3)
    """
    return -(-neurons // _LINES)


def band_name(name: str, neurons: int) -> str:
    """Return what stands beside a band.

    Example:
        >>> band_name("hidden", 64), band_name("input", 784)
        ('hidden (64)', 'input (784,\\n1 in 8 shown)')
    """
    every = every_kth(neurons)
    return f"{name} ({neurons})" if every == 1 else f"{name} ({neurons},\n1 in {every} shown)"


def _image(axes: Axes, rows: list[Band]) -> None:
    """Draw the bands above each other: white where nothing is, the neuron's colour for 1."""
    bottom, middles = 0.0, []
    for name, activity, colours in rows:
        height = 0.7 if name == "readout" else 1.0
        every = every_kth(len(colours))
        shades = np.array([to_rgb(colour) for colour in colours[::every]])
        picture = 1 - activity.T[::every, :, None] * (1 - shades[:, None])
        extent = (-0.5, len(activity) - 0.5, bottom, bottom + height)
        axes.imshow(picture, extent=extent, aspect="auto", interpolation="nearest")
        middles.append(bottom + height / 2)
        bottom += height
        axes.axhline(bottom, color=LIGHT, lw=0.4)
    axes.set_yticks(middles, [band_name(name, len(colours)) for name, _, colours in rows])
    axes.set_ylim(0, bottom)
    axes.tick_params(axis="y", length=0)


def _membranes(axes: Axes, evaluation: "Evaluation", traces: Floats, label: int) -> None:
    """Draw the traces ``[time, classes]``, that of the true class thicker."""
    model: Any = evaluation.model
    threshold, names = model.readout.neuron.threshold, evaluation.dataset.classes
    if np.isfinite(threshold):
        axes.axhline(threshold, color=GREY, lw=0.6, ls="--")
    for unit, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
        width = 1.2 if unit == label else 0.6
        axes.plot(traces[:, unit], color=colour, lw=width, label=f"class {name}")
