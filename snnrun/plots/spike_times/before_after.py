"""First spikes of a few samples before and after training, with the membranes that decide."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.before import columns
from snnrun.plots.panels import highlight, neuron_legend, share_y
from snnrun.plots.spike_times.membrane import of_labels
from snnrun.plots.spike_times.raster import Band, bands
from snnrun.plots.style import GREY, LIGHT, TIME

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_MEASURE = "spike_examples"
_GRID = 300  # times of a membrane
_DEEPEST = -2.0  # of a membrane that is shown, in units of the threshold


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each of at most three samples: before training above, after it below."""
    made = columns(evaluation, _MEASURE, 1.4)
    if made is None:
        return None
    end = max(_end(each, made.shown) for each in made.evaluations)
    for each, tops, bottoms in made.rows():
        for top, bottom, example in zip(tops, bottoms, made.shown, strict=True):
            _raster(top, bands(each, example))
            _membranes(bottom, each, example, end)
        bottoms[0].set_ylabel("membrane of labels\n(leak 0, threshold 1)")
        lowest = min(float(np.min(line.get_ydata())) for axes in bottoms for line in axes.lines)
        bottoms[0].set_ylim(max(lowest, _DEEPEST) - 0.1, 1.5)
    for axes in made.panels[-1]:
        axes.set_xlabel(f"time {TIME}")
    share_y(made.panels[1::2].ravel())
    made.panels[0, 0].set_xlim(0, end)
    neuron_legend(made.figure, evaluation.classes)
    return made.figure


def _end(evaluation: "Evaluation", shown: list[int]) -> float:
    """Return a time a little after the last spike of the samples that are shown."""
    found = evaluation.of(_MEASURE)
    times = [found[name][shown].ravel() for name in found if name.startswith(("input", "layer_"))]
    every = np.concatenate(times)
    return 1.08 * float(every[np.isfinite(every)].max(initial=1.0))


def _raster(axes: Axes, rows: list[Band]) -> None:
    """Draw bands of equal height above each other, a tick for each spike."""
    for place, (_, times, colours) in enumerate(rows):
        spiked = np.isfinite(times)
        middles = place + (np.arange(len(times)) + 0.5) / len(times)
        half = max(0.45 / len(times), 0.015)  # visible in a crowd, too
        shades = [colour for colour, seen in zip(colours, spiked, strict=True) if seen]
        ends = middles[spiked] - half, middles[spiked] + half
        axes.vlines(times[spiked], *ends, colors=shades, lw=0.7)
        axes.axhline(place + 1, color=LIGHT, lw=0.4)
    names = [f"{name.replace(' layer', '')} ({len(times)})" for name, times, _ in rows]
    axes.set_yticks(np.arange(len(rows)) + 0.5, names)
    axes.set_ylim(0, len(rows))
    axes.tick_params(axis="y", length=0)


def _membranes(axes: Axes, evaluation: "Evaluation", example: int, end: float) -> None:
    """Draw each membrane up to its spike, that of the true class thicker."""
    found = evaluation.of(_MEASURE)
    last = max(name for name in found if name.startswith("layer_"))
    spikes, grid = found[last][example], np.linspace(0, end, _GRID)
    traces = of_labels(evaluation, example, grid)
    true = int(found["labels"][example])
    axes.axhline(1, color=GREY, lw=0.6, ls="--")
    for neuron, (spike, colour) in enumerate(
        zip(spikes, highlight(len(spikes), true), strict=True)
    ):
        before = grid <= spike
        width, above = (1.2, 2.5) if neuron == true else (0.5, 2.0)
        axes.plot(grid[before], traces[before, neuron], color=colour, lw=width, zorder=above)
        if np.isfinite(spike):
            size, top = 3 * width**0.5, 2 + above
            axes.plot(spike, 1, "o", color=colour, ms=size, mec="white", mew=0.4, zorder=top)
