"""What parameters bring: each group's number against how many of them learn."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from snnrun.plots.style import class_colours, new_figure
from snnrun.studies.compare.figures.against import axes_of, lines_of
from snnrun.studies.compare.figures.look import (
    best_groups,
    intervals,
    legend_of,
    line_word,
    plain_axis,
    result_axis,
    title_of,
    told_of,
)
from snnrun.studies.compare.labels import short_keys

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group


def draw(whole: "Comparison") -> Figure | None:
    """Return means with their confidence intervals; groups that differ in a number make a line.

    So networks with delays and without lie on a line each, whose points are sizes. None where fewer
    than two numbers of parameters are known.
    """
    metric = whole.metrics[0]
    title, lines = _lines(whole)
    known = {name: [g for g in line if _is_known(g, metric)] for name, line in lines.items()}
    known = {name: sorted(line, key=_parameters) for name, line in known.items() if line}
    every = [_parameters(group) for line in known.values() for group in line]
    if len(set(every)) < 2:
        return None
    figure = new_figure(120, 60)
    axes = figure.subplots()
    for (name, line), colour in zip(known.items(), class_colours(len(known)), strict=True):
        middle, ends = intervals(line, metric)
        axes.errorbar(
            np.array([_parameters(group) for group in line]), middle, ends, fmt="o-", ms=3,
            color=colour, lw=0.9, elinewidth=0.6, capsize=1.8, label=line_word(name),
        )  # fmt: skip
    plain_axis(axes, every)
    result_axis(axes, metric)
    axes.set_xlabel("parameters that learn")
    axes.set_ylabel(title_of(metric))
    axes.set_title(f"{whole.split}: {told_of(whole, 'mean and its 95 % interval')}")
    if len(known) > 1:
        figure.legend(title=title, loc="outside right upper")
    return figure


def _lines(whole: "Comparison") -> tuple[str, "dict[str, list[Group]]"]:
    """Return what a legend is called, and the groups of each line by its name."""
    keys = axes_of(whole)
    if keys is not None:
        _, other = keys
        title = short_keys(whole.keys)[other] if other else ""
        return title, lines_of(whole.groups, other)
    title, words = legend_of(whole, whole.telling)
    return title, {words[p]: [whole.groups[p]] for p in best_groups(whole, whole.metrics[0])}


def _is_known(group: "Group", metric: str) -> bool:
    return "parameters" in group.cost_spreads and metric in group.spreads


def _parameters(group: "Group") -> float:
    return group.cost_spreads["parameters"].mean
