"""Loss and error of many runs that differ in their seed: each run, their median and quartiles.

Of fewer than five runs, quartiles would be those of the runs themselves: their curves are drawn by
:mod:`snnrun.plots.curves`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from snnrun.plots.curves import COLOURS, logged, read
from snnrun.plots.panels import epoch_axis, legend_below, letter, log_scale
from snnrun.plots.style import COLUMN, GREY, new_figure
from snnrun.runs.folder import RunDir

Floats = NDArray[np.float64]
#: Runs from which on there are quartiles.
LEAST = 5
_LABELS = {"loss": "loss", "accuracy": "error (%)", "reward": "reward of an episode"}


@dataclass(frozen=True)
class Quartiles:
    """A number of several runs over the epochs that all of them logged.

    values: ``[runs, epochs]``; low, middle, high: their quartiles, ``[epochs]``.
    """

    epochs: Floats
    values: Floats
    low: Floats
    middle: Floats
    high: Floats


def quartiles(runs: Sequence[RunDir], split: str, name: str) -> Quartiles:
    """Return a number of several runs; of an accuracy the error, in percent.

    Raises:
        DataError: one of them never logged it.
    """
    curves = [dict(zip(*read(run, split, name), strict=True)) for run in runs]
    epochs = sorted(set.intersection(*(set(curve) for curve in curves)))
    values = np.array([[curve[epoch] for epoch in epochs] for curve in curves])
    if name.partition("_")[0] == "accuracy":
        values = 100 * (1 - values)
    return Quartiles(np.array(epochs), values, *np.percentile(values, (25, 50, 75), axis=0))


def draw(runs: Sequence[RunDir], logarithmic: bool = True) -> Figure:
    """Return a panel for each number that tells how training went."""
    names = logged(runs)
    figure = new_figure(COLUMN, 45 * len(names) + 6)
    panels = list(figure.subplots(len(names), 1, sharex=True, squeeze=False).ravel())
    for axes, name in zip(panels, names, strict=True):
        for split, colour in COLOURS.items():
            _draw(axes, quartiles(runs, split, name), colour)
        if logarithmic and name != "reward":
            log_scale(axes)
        axes.set_ylabel(_LABELS[name])
    last = quartiles(runs, "validation", names[-1])
    low, middle, high = (f"{each[-1]:.3g}" for each in (last.low, last.middle, last.high))
    unit = " %" if names[-1] == "accuracy" else ""
    panels[-1].set_title(f"last epoch, validation: {middle}{unit}, quartiles {low} to {high}{unit}")
    panels[0].set_title(f"{len(runs)} runs")
    handles = [Line2D([], [], color=colour, label=split) for split, colour in COLOURS.items()]
    handles[0].set_label("train: median")
    handles[1].set_label("validation: median")
    others = [Patch(color=GREY, alpha=0.4, lw=0, label="quartiles"), _thin(GREY, "each run")]
    legend_below(figure, [*handles, *others], columns=2)
    epoch_axis(panels[-1])
    panels[-1].set_xlim(0, max(last.epochs[-1], 1))
    if len(panels) > 1:
        letter(panels)
    figure.align_ylabels(panels)
    return figure


def _draw(axes: Axes, found: Quartiles, colour: str) -> None:
    marker = "." if len(found.epochs) == 1 else ""
    for values in found.values:
        axes.plot(found.epochs, values, color=colour, lw=0.3, alpha=0.5, marker=marker, ms=2)
    axes.fill_between(found.epochs, found.low, found.high, color=colour, alpha=0.3, lw=0)
    axes.plot(found.epochs, found.middle, color=colour, lw=1.0, marker=marker)


def _thin(colour: str, label: str) -> Line2D:
    return Line2D([], [], color=colour, lw=0.3, alpha=0.5, label=label)
