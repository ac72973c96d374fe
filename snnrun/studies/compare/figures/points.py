"""Results of groups that no number tells apart: a row for each, with all its runs."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.core.paths import cut
from snnrun.plots.panels import letter
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, PAGE, new_figure, points
from snnrun.studies.compare.figures.look import (
    factor_of,
    intervals,
    legend_of,
    result_axis,
    title_of,
    told_of,
)

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison

_MANY = 8  # runs of a group of which a box tells more than their points
_ROWS = 40  # groups
_WIDEST = 40  # characters of a label


def draw(whole: "Comparison") -> Figure | None:
    """Return a panel for each number: points of the runs, or boxes of many, means and intervals.

    None of a single group, and of more than fit a page.
    """
    groups, metrics = whole.groups, whole.metrics
    if not 1 < len(groups) <= _ROWS:
        return None
    title, words = legend_of(whole, whole.telling)
    across = min(2, len(metrics))
    down = -(-len(metrics) // across)
    height = down * (14 + 6.0 * len(groups))
    figure = new_figure(PAGE if across > 1 else 1.25 * COLUMN, min(height, 230))
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes in panels[len(metrics) :]:
        axes.set_axis_off()
    for axes, metric in zip(panels, metrics, strict=False):
        _panel(axes, whole, metric)
        axes.set_xlabel(title_of(metric))
    figure.suptitle(
        f"{whole.split}: {told_of(whole, 'runs, mean and its 95 % interval')}", fontsize=points(7)
    )
    first = panels[0]
    first.set_yticks(range(len(groups)), [cut(word, _WIDEST) for word in words])
    first.set_ylim(len(groups) - 0.5, -0.5)
    first.set_ylabel(title)
    if len(metrics) > 1:
        letter(panels[: len(metrics)])
    return figure


def _panel(axes: Axes, whole: "Comparison", metric: str) -> None:
    rows = [(p, group) for p, group in enumerate(whole.groups) if metric in group.spreads]
    for place, group in rows:
        values = factor_of(metric) * np.array(list(group.values[metric].values()))
        if len(values) >= _MANY:
            axes.boxplot(
                values, positions=[place], orientation="horizontal", widths=0.5,
                medianprops={"color": ACCENT}, flierprops={"ms": 2}, manage_ticks=False,
            )  # fmt: skip
        else:
            # Equal numbers lie beside each other, not on top.
            beside = 0.12 * (np.arange(len(values)) - (len(values) - 1) / 2)
            axes.plot(values, place + beside, "o", color=GREY, ms=2.5, mew=0)
    middle, ends = intervals([group for _, group in rows], metric)
    places = [place for place, _ in rows]
    axes.errorbar(
        middle, places, xerr=ends, fmt="|", ms=7, color=INK, elinewidth=0.8, capsize=2, mew=1.2
    )
    axes.grid(axis="y", lw=0.3, alpha=0.5)
    axes.set_axisbelow(True)
    result_axis(axes, metric, "x")
