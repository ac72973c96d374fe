"""Results against a setting that is a number; of two settings that differ, a line for each value
of the other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import letter
from snnrun.plots.style import ACCENT, PAGE, class_colours, new_figure, points
from snnrun.studies.compare.figures.look import (
    factor_of,
    intervals,
    is_wide,
    line_word,
    number_axis,
    numeric,
    result_axis,
    shades,
    title_of,
    told_of,
)
from snnrun.studies.compare.labels import short_keys, words_of

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

_LEAST = 3  # values of a setting that make a line
_ASIDE = 0.012  # of the axis, between points that lines have at the same place
Floats = NDArray[np.float64]


def draw(whole: "Comparison") -> Figure | None:
    """Return means with their confidence intervals, and a point for each run.

    None where more than two settings tell the groups apart, or none is a number.
    """
    keys = axes_of(whole)
    if keys is None:
        return None
    key, other = keys
    names, metrics = short_keys(whole.keys), whole.metrics
    number = len(metrics)
    figure = new_figure(PAGE if number > 1 else 110, 60 * -(-number // 2))
    panels = figure.subplots(-(-number // 2), min(number, 2), squeeze=False).ravel()
    for axes in panels[number:]:
        axes.set_axis_off()
    for axes, metric in zip(panels, metrics, strict=False):
        _panel(axes, whole, metric, key, other)
        axes.set_xlabel(names[key])
        axes.set_ylabel(title_of(metric))
    figure.suptitle(
        f"{whole.split}: {told_of(whole, 'runs, mean and its 95 % interval')}", fontsize=points(7)
    )
    if other is not None:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, title=names[other], loc="outside right upper")
    if number > 1:
        letter(panels[:number])
    return figure


def axes_of(whole: "Comparison") -> tuple[str, str | None] | None:
    """Return the setting along the axis, and the one that lines are told apart by."""
    keys = whole.telling
    if not 1 <= len(keys) <= 2:
        return None
    counts = {
        key: len(set(words_of([group.settings for group in whole.groups], key))) for key in keys
    }
    along = [key for key in keys if numeric(whole.groups, key) and counts[key] >= _LEAST]
    if not along:
        return None
    key = max(along, key=lambda key: counts[key])
    other = [each for each in keys if each != key]
    return key, other[0] if other else None


def lines_of(groups: "Sequence[Group]", key: str | None) -> "dict[str, list[Group]]":
    """Return the groups with the same value of a setting, by its word; smaller numbers first."""
    if key is None:
        return {"": list(groups)}
    ordered = list(groups)
    if numeric(groups, key):
        ordered.sort(key=lambda group: group.settings[key])
    found: dict[str, list[Group]] = {}
    words = words_of([group.settings for group in ordered], key)
    for word, group in zip(words, ordered, strict=True):
        found.setdefault(word, []).append(group)
    return found


def _panel(axes: Axes, whole: "Comparison", metric: str, key: str, other: str | None) -> None:
    groups = [group for group in whole.groups if metric in group.spreads]
    lines = lines_of(groups, other)
    if other is None:
        colours = [ACCENT]
    elif numeric(groups, other):
        colours = shades([line[0].settings[other] for line in lines.values()])
    else:
        colours = class_colours(len(lines))
    every = [group.settings[key] for group in groups]
    for number, ((label, line), colour) in enumerate(zip(lines.items(), colours, strict=True)):
        line.sort(key=lambda group: group.settings[key])
        places = np.array([group.settings[key] for group in line], float)
        middle, ends = intervals(line, metric)
        x = _aside(places, every, number - (len(lines) - 1) / 2)
        axes.errorbar(
            x, middle, ends, color=colour, lw=0.9, elinewidth=0.6, capsize=1.8,
            label=line_word(label),
        )  # fmt: skip
        for at, group in zip(x, line, strict=True):
            values = factor_of(metric) * np.array(list(group.values[metric].values()))
            style: dict[str, Any] = {"color": colour, "mfc": "none", "ms": 3, "mew": 0.5}
            axes.plot(np.full(len(values), at), values, "o", **style)
    number_axis(axes, every)
    result_axis(axes, metric)


def _aside(places: Floats, whole: Sequence[float], steps: float) -> Floats:
    """Return places a little to the side, so that lines do not lie on top of each other."""
    low, high = min(whole), max(whole)
    if is_wide(whole):
        return places * np.float64(high / low) ** (steps * _ASIDE)
    return places + steps * _ASIDE * (high - low)
