"""Spikes of one sample of each class, from inputs to labels, above the membranes that decide."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import band_name, every_kth, highlight, layer_names, letter, neuron_legend
from snnrun.plots.spike_times.membrane import of_labels
from snnrun.plots.style import GREY, INK, LIGHT, PAGE, TIME, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
Band = tuple[str, Floats, list[str]]
_HEIGHT = {"input": 0.6, "bias": 0.2, "label": 0.7}  # of a band, where hidden layers are 1 high


def bands(evaluation: "Evaluation", example: int) -> list[Band]:
    """Return the spikes of one sample from bottom to top: (name, times, colour of each row)."""
    found = evaluation.of("spike_examples")
    *hidden, _ = names = layer_names(_layers(found))
    true = int(found["labels"][example])
    rows = [_plain("input", found["input"][example])]
    for index in range(len(names)):
        if len(found[f"biases_{index}"]):
            rows.append(_plain("bias", found[f"biases_{index}"]))
        times = found[f"layer_{index}"][example]
        last = index == len(hidden)
        shades = highlight(len(times), true)
        rows.append(("label", times, shades) if last else _plain(hidden[index], times))
    return rows


def draw(evaluation: "Evaluation") -> Figure:
    """Return a column for each class, at most five beside each other."""
    found = evaluation.of("spike_examples")
    labels = found["labels"]
    columns = min(len(labels), 5)
    blocks = -(-len(labels) // columns)
    figure = new_figure(PAGE, 100 * blocks)
    ratios = [1.6, 1] * blocks
    panels = figure.subplots(2 * blocks, columns, sharey="row", height_ratios=ratios, squeeze=False)
    tops, bottoms = panels[::2].ravel(), panels[1::2].ravel()
    end = _end(found)
    lowest = 0.0
    for example, (top, bottom, label) in enumerate(zip(tops, bottoms, labels, strict=False)):
        _raster(top, bands(evaluation, example))
        lowest = min(lowest, _membranes(bottom, evaluation, example, end))
        top.set_title(f"class: {evaluation.classes[label]}")
        top.tick_params(labelbottom=False)
        bottom.set_xlabel(f"time {TIME}")
    for axes in (*tops, *bottoms):
        axes.set_xlim(0, end)
        axes.set_visible(axes.has_data())
    for axes in bottoms:  # after its spike a membrane may go far
        axes.set_ylim(max(1.1 * lowest, -3) - 0.1, 1.6)
    for axes in panels[1::2, 0]:
        axes.set_ylabel("membrane of labels\n(leak 0, threshold 1)")
    neuron_legend(figure, evaluation.classes)
    letter(tops[: len(labels)])
    return figure


def _layers(found: dict[str, Floats]) -> int:
    return sum(name.startswith("layer_") for name in found)


def _plain(name: str, times: Floats) -> Band:
    return name, times, [GREY if name == "bias" else INK] * len(times)


def _end(found: dict[str, Floats]) -> float:
    """Return a time a little after the last spike of a label neuron; what comes later changes none.

    Where no label neuron spikes, it is after the last of all spikes.
    """
    names = [f"layer_{index}" for index in range(_layers(found))]
    for shown in (
        found[names[-1]].ravel(),
        np.concatenate([found[n].ravel() for n in ("input", *names)]),
    ):
        if np.isfinite(shown).any():
            return 1.1 * float(shown[np.isfinite(shown)].max())
    return 1.0


def _raster(axes: Axes, rows: list[Band]) -> None:
    bottom, middles, names = 0.0, [], []
    for name, every_time, every_colour in rows:
        every = every_kth(len(every_time))
        times, colours = every_time[::every], every_colour[::every]
        names.append(band_name(name.replace(" layer", ""), len(every_time), every))
        height = _HEIGHT.get(name, 1.0)
        step = height / len(times)
        spiked = np.isfinite(times)
        centre = bottom + step * (np.arange(len(times)) + 0.5)[spiked]
        half = 0.4 * step
        shades = [colour for colour, seen in zip(colours, spiked, strict=True) if seen]
        axes.vlines(times[spiked], centre - half, centre + half, colors=shades, lw=0.8)
        middles.append(bottom + height / 2)
        bottom += height
        axes.axhline(bottom, color=LIGHT, lw=0.4)
    axes.set_yticks(middles, names)
    axes.set_ylim(0, bottom)
    axes.tick_params(axis="y", length=0)


def _membranes(axes: Axes, evaluation: "Evaluation", example: int, end: float) -> float:
    """Draw each trace, that of the true class thicker; paler once the neuron has spiked.

    Return the lowest value before a spike.
    """
    found = evaluation.of("spike_examples")
    spikes = found[f"layer_{_layers(found) - 1}"][example]
    grid = np.linspace(0, end, 400)
    traces = of_labels(evaluation, example, grid)
    axes.axhline(1, color=GREY, lw=0.6, ls="--")
    lowest = 0.0
    true = int(found["labels"][example])
    for neuron, (spike, colour) in enumerate(
        zip(spikes, highlight(len(spikes), true), strict=True)
    ):
        before = grid <= spike
        width, above = (1.2, 2.5) if neuron == true else (0.6, 2.0)
        style: dict[str, Any] = {"color": colour, "lw": width, "zorder": above}
        axes.plot(grid, traces[:, neuron], alpha=0.3, **style)
        axes.plot(grid[before], traces[before, neuron], **style)
        lowest = min(lowest, float(traces[before, neuron].min()))
        axes.plot(
            spike, 1, "o", color=colour, ms=3 * width**0.5, mec="white", mew=0.4, zorder=2 + above
        )
    return lowest
