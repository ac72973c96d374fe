"""A search as a figure: what its runs came to, against each setting that was drawn."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.panels import letter
from snnrun.plots.style import ACCENT, COLUMN, GREY, PAGE, new_figure
from snnrun.studies.heat_map import short
from snnrun.studies.table import Row, in_percent, keys_in, spread
from snnrun.studies.words import plainly

_ACROSS, _MOST, _HEIGHT = 3, 12, 48.0  # panels of a line and of a figure; mm of a panel
_WIDE = 30.0  # ratio of the ends from which an axis is logarithmic


def draw(rows: Sequence[Row]) -> Figure:
    """Return a panel for each setting; values are means over seeds.

    The best point is marked; those that were given up before the others ended are hollow.

    Args:
        rows: the runs, those of the best point first.
    """
    keys = keys_in(rows)[:_MOST]
    name = next(iter(rows[0].numbers))
    points = _together(rows)
    across = min(_ACROSS, len(keys))
    down = -(-len(keys) // across)
    figure = new_figure(COLUMN if across == 1 else PAGE, _HEIGHT * down)
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    values = [spread(each, name)[0] for each in points]
    whole = [each[0].epochs == max(row.epochs for row in rows) for each in points]
    for axes, key in zip(panels, keys, strict=False):
        _panel(axes, [each[0].point.get(key) for each in points], values, whole)
        axes.set_xlabel(short(key))
    for axes in panels[len(keys) :]:
        axes.set_axis_off()
    for axes in panels[::across]:
        axes.set_ylabel(f"{name} (%)" if in_percent(name) else name)
    if len(keys) > 1:
        letter(panels[: len(keys)])
    return figure


def _together(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the runs of each point, in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(repr(row.point), []).append(row)
    return list(found.values())


def _panel(
    axes: Axes, settings: Sequence[Any], values: Sequence[float], whole: Sequence[bool]
) -> None:
    """Draw values against a setting; a point that does not have it is left out."""
    there = [index for index, setting in enumerate(settings) if setting is not None]
    numbers = all(isinstance(settings[i], int | float) for i in there)
    if numbers and not any(isinstance(settings[i], bool) for i in there):
        places = np.array([settings[i] for i in there], float)
        if places.size and places.min() > 0 and places.max() / places.min() > _WIDE:
            axes.set_xscale("log")
    else:
        words = [plainly(settings[i]) for i in there]
        names = list(dict.fromkeys(words))
        places = np.array([names.index(word) for word in words], float)
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
    heights = np.array([values[i] for i in there], float)
    ended = np.array([whole[i] for i in there], bool)
    for which, face in ((ended, GREY), (~ended, "none")):
        if which.any():  # what is empty and not clipped lies in a corner of the figure
            x, y = places[which], heights[which]
            axes.plot(x, y, "o", color=GREY, ms=3, mfc=face, clip_on=False)
    if there and there[0] == 0 and math.isfinite(values[0]):
        axes.plot(places[:1], heights[:1], "o", color=ACCENT, ms=4, clip_on=False)
