"""Spike times of the label neurons over the epochs: how the true class comes to stand apart.

Each panel is a true class of the validation split. Lines are means over the samples in which the
neuron spiked, bands the standard deviation over the same samples.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from snnrun.plots.panels import FEW, epoch_axis, highlight, letter, neuron_legend
from snnrun.plots.style import GREY, PAGE, TIME, new_figure
from snnrun.runs.history import fitting, in_common

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return one panel for each true class; None for a run that kept no times."""
    history = evaluation.run.history()
    names = evaluation.classes
    shape = (len(names), len(names))
    mean, std = (fitting(history, f"label_times/{of}", shape) for of in ("mean", "std"))
    if mean is None or std is None:
        return None
    mean, std = in_common(mean, std)
    if len(mean.epochs) < 2:
        return None
    columns = min(len(names), 5)
    rows = -(-len(names) // columns)
    figure = new_figure(PAGE, 54 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for true, axes in enumerate(panels.flat):
        if true >= len(names):
            axes.set_axis_off()
            continue
        _panel(axes, mean.epochs, mean.values[:, true], std.values[:, true], true)
        axes.set_title(f"true class: {names[true]}")
    for axes in panels[:, 0]:
        axes.set_ylabel(f"spike time {TIME}")
    for axes in panels[-1]:
        epoch_axis(axes, 5)
    panels[0, 0].set_xlim(mean.epochs[0], mean.epochs[-1])
    panels[0, 0].set_ylim(_span(mean.values, std.values))
    band = Line2D([], [], color=GREY, alpha=0.25, lw=5, label="± standard deviation")
    neuron_legend(figure, names, band)
    letter(panels.flat[: len(names)])
    return figure


def _panel(axes: Axes, epochs: Sequence[int], mean: Floats, std: Floats, true: int) -> None:
    """Draw mean and standard deviation ``[epochs, neurons]``, those of the true class on top."""
    neurons = mean.shape[1]
    for neuron, colour in enumerate(highlight(neurons, true)):
        own, spread = mean[:, neuron], std[:, neuron]
        above = 2.5 if neuron == true else 2.0
        if neuron == true or neurons <= FEW:
            low, high = own - spread, own + spread
            axes.fill_between(epochs, low, high, color=colour, alpha=0.25, lw=0, zorder=above - 1)
        axes.plot(epochs, own, color=colour, lw=1.0 if neuron == true else 0.6, zorder=above)


def _span(mean: Floats, std: Floats) -> tuple[float, float]:
    """Return the range of the axis: all means, and the bands that are drawn."""
    if mean.shape[1] > FEW:
        std = std * np.eye(mean.shape[1])
    shown = np.stack([mean - std, mean + std])
    shown = shown[np.isfinite(shown)]
    low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.0, 1.0)
    margin = 0.04 * max(high - low, 0.1)
    return low - margin, high + margin
