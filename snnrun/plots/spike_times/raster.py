"""Spikes of one sample of each class, from inputs to labels, above the membranes that decide."""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.models.first_spike.stages import BiasesSettings
from snnrun.plots.panels import layer_names, letter, neuron_legend
from snnrun.plots.spike_times.membrane import of_labels
from snnrun.plots.style import GREY, INK, LIGHT, PAGE, TIME, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]
Band = tuple[str, Floats, list[str]]
_HEIGHT = {"input": 0.6, "bias": 0.2, "label": 0.7}  # of a band, where hidden layers are 1 high


def examples(evaluation: "Evaluation") -> list[int]:
    """Return the first sample of each class that was predicted right, or else the first one."""
    chosen = []
    for index in range(len(evaluation.dataset.classes)):
        of_class = evaluation.labels == index
        right = of_class & (evaluation.predictions == index)
        candidates = np.flatnonzero(right if right.any() else of_class)
        chosen.extend(candidates[:1].tolist())
    return chosen


def bands(evaluation: "Evaluation", sample: int) -> list[Band]:
    """Return the spikes of one sample from bottom to top: (name, times, colour of each row)."""
    settings: Any = evaluation.experiment.model
    *hidden, _ = layer_names(len(evaluation.times))
    shades = class_colours(len(evaluation.dataset.classes))
    rows = [_plain("input", evaluation.times_in[sample])]
    for index, layer in enumerate(settings.layers):
        stages = [stage.times for stage in layer.before if isinstance(stage, BiasesSettings)]
        biases = [*itertools.chain(*stages), *layer.bias_times]
        if biases:
            rows.append(_plain("bias", np.array(biases)))
        times = evaluation.times[index][sample]
        last = index == len(hidden)
        rows.append(("label", times, shades) if last else _plain(hidden[index], times))
    return rows


def draw(evaluation: "Evaluation") -> Figure:
    """Return a column for each class, at most five beside each other."""
    samples = examples(evaluation)
    columns = min(len(samples), 5)
    blocks = -(-len(samples) // columns)
    figure = new_figure(PAGE, 100 * blocks)
    ratios = [1.6, 1] * blocks
    panels = figure.subplots(2 * blocks, columns, sharey="row", height_ratios=ratios, squeeze=False)
    tops, bottoms = panels[::2].ravel(), panels[1::2].ravel()
    end = _end(evaluation, samples)
    lowest = 0.0
    for top, bottom, sample in zip(tops, bottoms, samples, strict=False):
        _raster(top, bands(evaluation, sample))
        lowest = min(lowest, _membranes(bottom, evaluation, sample, end))
        top.set_title(f"class: {evaluation.dataset.classes[evaluation.labels[sample]]}")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel(f"time {TIME}")
    for axes in (*tops, *bottoms):
        axes.set_xlim(0, end)
        axes.set_visible(axes.has_data())
    for axes in bottoms:  # after its spike a membrane may go far
        axes.set_ylim(max(1.1 * lowest, -3) - 0.1, 1.6)
    for axes in panels[1::2, 0]:
        axes.set_ylabel("membrane of labels\n(leak 0, threshold 1)")
    neuron_legend(figure, evaluation.dataset.classes)
    letter(tops[: len(samples)])
    return figure


def _plain(name: str, times: Floats) -> Band:
    return name, times, [GREY if name == "bias" else INK] * len(times)


def _end(evaluation: "Evaluation", samples: list[int]) -> float:
    """Return a time a little after the last spike that is shown."""
    shown = np.concatenate(
        [times[samples].ravel() for times in [evaluation.times_in, *evaluation.times]]
    )
    return 1.1 * float(shown[np.isfinite(shown)].max(initial=1.0))


def _raster(axes: Axes, rows: list[Band]) -> None:
    bottom, middles = 0.0, []
    for name, times, colours in rows:
        height = _HEIGHT.get(name, 1.0)
        step = height / len(times)
        spiked = np.isfinite(times)
        centre = bottom + step * (np.arange(len(times)) + 0.5)[spiked]
        half = max(0.4 * step, 0.012)  # visible in a crowd, too
        shades = [colour for colour, seen in zip(colours, spiked, strict=True) if seen]
        axes.vlines(times[spiked], centre - half, centre + half, colors=shades, lw=0.8)
        middles.append(bottom + height / 2)
        bottom += height
        axes.axhline(bottom, color=LIGHT, lw=0.4)
    names = [f"{name.replace(' layer', '')} ({len(times)})" for name, times, _ in rows]
    axes.set_yticks(middles, names)
    axes.set_ylim(0, bottom)
    axes.tick_params(axis="y", length=0)


def _membranes(axes: Axes, evaluation: "Evaluation", sample: int, end: float) -> float:
    """Draw each trace, that of the true class thicker; paler once the neuron has spiked.

    Return the lowest value before a spike.
    """
    grid = np.linspace(0, end, 400)
    traces = of_labels(evaluation, sample, grid)
    axes.axhline(1, color=GREY, lw=0.6, ls="--")
    lowest = 0.0
    for neuron, colour in enumerate(class_colours(traces.shape[1])):
        spike = evaluation.times[-1][sample, neuron]
        before = grid <= spike
        width = 1.2 if neuron == evaluation.labels[sample] else 0.6
        style: dict[str, Any] = {"color": colour, "lw": width}
        axes.plot(grid, traces[:, neuron], alpha=0.3, **style)
        axes.plot(grid[before], traces[before, neuron], **style)
        lowest = min(lowest, float(traces[before, neuron].min()))
        axes.plot(spike, 1, "o", color=colour, ms=3 * width**0.5, mec="white", mew=0.4, zorder=4)
    return lowest
