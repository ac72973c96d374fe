"""What the figures of a comparison have in common: colours, words and axes of groups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from snnrun.plots.panels import plain
from snnrun.plots.style import class_colours, layer_shades
from snnrun.studies.compare.labels import short_keys, words_of
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

#: Groups that a figure with a line for each shows.
MOST = 10
_WIDE = 8.0  # largest by smallest value, from which on an axis is logarithmic


def factor_of(metric: str) -> float:
    """Return what a number is multiplied by: accuracies are in percent."""
    return 100.0 if in_percent(metric) else 1.0


def title_of(metric: str) -> str:
    """Return what the axis of a number is called."""
    return f"{metric} (%)" if in_percent(metric) else metric


def numeric(groups: "Sequence[Group]", key: str) -> bool:
    """Tell whether a setting is a number in all groups."""
    values = [group.settings.get(key) for group in groups]
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def line_word(word: str) -> str:
    """Return what a line is called whose setting has a value in this word.

    Example:
        >>> line_word("delay"), line_word("-")
        ('delay', 'without')
    """
    return "without" if word == "-" else word


def legend_of(whole: "Comparison", keys: Sequence[str]) -> tuple[str, list[str]]:
    """Return what a legend is called, and a word for each group."""
    names = short_keys(whole.keys)
    title = ", ".join(names[key] for key in keys)
    words = [words_of([group.settings for group in whole.groups], key) for key in keys]
    return title, [", ".join(own) for own in zip(*words, strict=True)] or [""] * len(whole.groups)


def told_of(whole: "Comparison", told: str) -> str:
    """Return what a title tells of the runs of a group; that there is one, where no group has more,
    as then neither mean nor spread is shown.
    """
    return told if any(len(group.runs) > 1 for group in whole.groups) else "one run each"


def colours_of(whole: "Comparison") -> list[str]:
    """Return a colour for each group: shades of one, if a single number tells them apart."""
    groups, keys = whole.groups, whole.telling
    if len(keys) == 1 and numeric(groups, keys[0]) and len(groups) > 1:
        return shades([group.settings[keys[0]] for group in groups])
    return class_colours(len(groups))


def shades(values: Sequence[float]) -> list[str]:
    """Return a shade for each number, darker where it is larger."""
    ordered = sorted(set(values))
    every = layer_shades(len(ordered))
    return [every[ordered.index(value)] for value in values]


def best_groups(whole: "Comparison", metric: str) -> list[int]:
    """Return the places of the best groups, as many as can be told apart, in their order."""
    places = [place for place, group in enumerate(whole.groups) if metric in group.spreads]
    sign = -1 if whole.better.get(metric) == "higher" else 1
    ranked = sorted(places, key=lambda place: sign * whole.groups[place].spreads[metric].mean)
    return sorted(ranked[:MOST])


def is_wide(values: Sequence[float]) -> bool:
    """Tell whether an axis of these values is logarithmic."""
    return min(values) > 0 and max(values) / min(values) >= _WIDE


def number_axis(axes: Axes, values: Sequence[float]) -> None:
    """Let the x axis have ticks at these values; it is logarithmic where they span much."""
    ordered = sorted(set(values))
    if is_wide(ordered):
        axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    if len(ordered) <= MOST:
        axes.xaxis.set_major_locator(FixedLocator(ordered))
        axes.set_xticks(ordered, [plain(value) for value in ordered])


def plain_axis(axes: Axes, values: Sequence[float]) -> None:
    """Let the x axis have plain numbers, at 1, 2, 5, ... where values span so much that it is
    logarithmic. Else it begins at 0, but not where that would leave most of it blank.
    """
    if is_wide(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        low, high = axes.dataLim.intervalx  # error bars included
        beyond = 0.1 * (high - low or high or 1.0)
        axes.set_xlim(low - beyond if low > 20 * beyond else min(low, 0.0), high + beyond)
        whole = all(value % 1 == 0 for value in values)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


def result_axis(axes: Axes, metric: str, which: Literal["x", "y"] = "y") -> None:
    """Keep the axis of an accuracy within 0 to 100, however far intervals of few runs go."""
    if in_percent(metric):
        low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
        axes.set(**{f"{which}lim": (max(low, -1.0), min(high, 101.0))})


def intervals(groups: "Sequence[Group]", metric: str) -> tuple[Any, Any]:
    """Return the means of groups, and how far their intervals go to both sides, ``[2, groups]``."""
    factor, found = factor_of(metric), [group.spreads[metric] for group in groups]
    middle = factor * np.array([each.mean for each in found])
    ends = [(each.low, each.high) if each.low is not None else (each.mean,) * 2 for each in found]
    low, high = factor * np.array(ends, float).T
    return middle, np.array([middle - low, high - middle])
