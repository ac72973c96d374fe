"""A few samples of a data set, and below each what the encoder makes of it.

Pictures are shown as pictures, vectors as strips, samples with a time axis as rasters; spike times
as maps and rasters, steps as their mean and a raster, coded images channel by channel. Of vectors,
a panel above shows many samples: points of a plane, or each value by its number.
"""

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.core.capabilities import InputKind
from snnrun.plots.rows import Floats, Row, dots, frame, maps, pictures_of, raster, ratio, tiled
from snnrun.plots.style import ACCENT, PAGE, TIME, class_colours, new_figure, paper

MOST = 10  # samples beside each other
_WIDEST = 34.0  # mm, of a sample
_LETTERS = 13  # of a line above a panel
_PLANE = 2000  # points above
_TIMES = "viridis_r"


@dataclass(frozen=True)
class Coded:
    """Some samples, and what the encoder makes of them.

    values: ``[samples, *shape]``, their time first.
    timed: whether they have a time axis.
    titles: of each.
    kind: what the encoder gives.
    coded: spike times ``[samples, neurons]``, images ``[samples, channel, height, width]``, or
        steps ``[time, samples, ...]``.
    constant: whether all steps are the same.
    plane: whether x and y come first in each, and points of the plane are shown above.
    many: ``[n, columns]``, further samples, of vectors; None of others.
    labels: ``[n]``, of these.
    classes: their names.
    """

    values: Floats
    timed: bool
    titles: Sequence[str]
    kind: InputKind
    coded: Floats
    constant: bool
    plane: bool
    many: Floats | None
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]

    @property
    def as_given(self) -> bool:
        """Whether the code is the sample itself."""
        steps = self.kind in (InputKind.STEPS, InputKind.IMAGE_STEPS)
        coded = np.moveaxis(self.coded, 1, 0) if steps else self.coded
        if steps and self.constant and self.picture is None:
            coded = coded[:, 0]
        own = self.values.reshape(coded.shape) if self.values.size == coded.size else None
        return own is not None and bool(np.array_equal(own, coded))

    @property
    def picture(self) -> tuple[int, int, int] | None:
        """Channels, height and width of a sample that is a picture, in time or not."""
        shape = self.values.shape[2 if self.timed else 1 :]
        shape = (1, *shape) if len(shape) == 2 else shape
        return (shape[0], shape[1], shape[2]) if len(shape) == 3 else None


def draw(shown: Coded) -> Figure:
    """Return the figure."""
    with paper():
        rows = [*_samples(shown), *([] if shown.as_given else _code(shown))]
        return _laid_out(shown, rows)


def _laid_out(shown: Coded, rows: Sequence[Row]) -> Figure:
    number = len(shown.values)
    wide = min(_WIDEST, (PAGE - 24) / number)
    above = 0.0 if shown.many is None else 52.0
    heights = [0.85 * wide * row.ratio + (9 if row.unit else 3) for row in rows]
    width = max(wide * number + 24, 89.0 if above else 0.0)
    figure = new_figure(width, above + 6 + sum(heights))
    grid = GridSpec(
        len(rows) + bool(above), number, figure,
        height_ratios=[*([above] if above else []), *heights],
    )  # fmt: skip
    if above:
        _many(figure.add_subplot(grid[0, :]), shown)
    for place, row in enumerate(rows, start=bool(above)):
        panels = [figure.add_subplot(grid[place, column]) for column in range(number)]
        drawn = [row.draw(axes, index) for index, axes in enumerate(panels)]
        panels[0].set_ylabel(row.name)
        panels[(number - 1) // 2].set_xlabel(row.unit)
        if row.bar and drawn[0] is not None:
            figure.colorbar(drawn[0], ax=panels, label=row.bar, aspect=12, pad=0.01)
        for axes, title in zip(panels, shown.titles, strict=True):
            if place == bool(above):
                axes.set_title(textwrap.fill(title, _LETTERS))
        for axes in panels[1:]:
            axes.set_yticklabels([])
    return figure


# ---- samples ----


def _samples(shown: Coded) -> list[Row]:
    if shown.timed:
        steps = shown.values.reshape(*shown.values.shape[:2], -1)
        return [*_over_time(shown), raster("input", steps)]
    if shown.picture:
        images = pictures_of(shown.values.reshape(len(shown.values), *shown.picture))
        return [maps("sample", images, "")]
    return [_strip("input", shown.values)]


def _over_time(shown: Coded) -> list[Row]:
    """Return the means of pictures over time, two channels as an event camera has them."""
    if shown.picture is None:
        return []
    means = shown.values.reshape(*shown.values.shape[:2], *shown.picture).mean(1)
    if shown.picture[0] != 2:
        return [maps("mean", tiled(means), "value")]
    lighter = means[:, 1] - means[:, 0]
    most = float(np.abs(lighter).max()) or 1.0
    return [maps("mean", lighter, "lighter\n- darker", "RdBu_r", (-most, most))]


def _strip(name: str, values: Floats, unit: str = "value") -> Row:
    """Return a row of the values of vectors, one above the other."""
    vectors = values.reshape(len(values), -1)
    low, high = min(0.0, float(vectors.min())), float(vectors.max())

    def draw(axes: Axes, index: int) -> None:
        places = np.arange(vectors.shape[1])
        axes.hlines(places, min(0.0, low), vectors[index], color=ACCENT)
        axes.plot(vectors[index], places, "o", color=ACCENT, markersize=2.5, clip_on=False)
        frame(axes, low, high, len(places))

    return Row(name, ratio(vectors.shape[1]), draw, unit=unit)


def _many(axes: Axes, shown: Coded) -> None:
    """Show many samples by their class: points of the plane, or value by value."""
    assert shown.many is not None
    assert shown.labels is not None
    many, labels = shown.many[:_PLANE], shown.labels[:_PLANE]
    colours = class_colours(len(shown.classes))
    for label, colour in enumerate(colours):
        own = many[labels == label]
        if shown.plane:
            axes.plot(own[:, 0], own[:, 1], "o", color=colour, markersize=1.5)
            continue
        share = (label + 0.5) / len(colours) - 0.5
        place = np.arange(many.shape[1]) + 0.7 * share
        spread = 0.35 / len(colours) * np.linspace(-1, 1, len(own))[:, None]
        axes.plot((place + spread).ravel(), own.ravel(), "o", color=colour, markersize=1.2)
    if shown.plane:
        axes.set_aspect("equal")
        axes.set_xlabel("x")
        axes.set_ylabel("y")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("number of the value")
        axes.set_ylabel("value")
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=3, linestyle="", label=name)
        for name, colour in zip(shown.classes, colours, strict=True)
    ]
    if len(handles) <= MOST:
        axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5))


# ---- codes ----


def _code(shown: Coded) -> list[Row]:
    return _CODES[shown.kind](shown)


def _of_times(shown: Coded) -> list[Row]:
    times = shown.coded
    spiking = np.isfinite(times)
    finite, inputs = times[spiking], times.shape[1]
    last = float(finite.max(initial=0.0)) or 1.0
    spikes = [(each[own], np.flatnonzero(own)) for each, own in zip(times, spiking, strict=True)]
    train = dots("input", spikes, f"time {TIME}", last, inputs)
    if shown.picture is None or math.prod(shown.picture) != inputs:
        return [train]
    images = tiled(np.where(spiking, times, np.nan).reshape(-1, *shown.picture))
    limits = float(finite.min(initial=last)), last
    return [maps("spike time", images, TIME, _TIMES, limits), train]


def _of_steps(shown: Coded) -> list[Row]:
    steps, number = shown.coded.shape[:2]
    flat = np.moveaxis(shown.coded, 1, 0).reshape(number, steps, -1)
    spiking = bool(np.isin(shown.coded, (0, 1)).all())
    rows, picture = [], shown.picture
    if shown.coded.ndim == 5:
        picture = (shown.coded.shape[2], shown.coded.shape[3], shown.coded.shape[4])
    if picture is not None and picture[1] * picture[2] > 1 and math.prod(picture) == flat.shape[2]:
        means = tiled(flat.mean(1).reshape(number, *picture))
        what = "spikes a step" if spiking else "value" if shown.constant else "mean value"
        limits = min(0.0, float(np.nanmin(means))), float(np.nanmax(means)) or 1.0
        rows.append(maps("code", means, what, "Greys", limits))
    if shown.constant and not rows and not spiking:
        return [_strip("code", flat[:, 0], "value, at every step")]
    if shown.constant and rows:
        return rows
    return [*rows, raster("input", flat)]


def _of_images(shown: Coded) -> list[Row]:
    tiles = tiled(shown.coded)
    limits = min(0.0, float(np.nanmin(tiles))), float(np.nanmax(tiles)) or 1.0
    return [maps("channels", tiles, "value", "Greys", limits)]


_CODES: dict[InputKind, Callable[[Coded], list[Row]]] = {
    InputKind.SPIKE_TIMES: _of_times,
    InputKind.STEPS: _of_steps,
    InputKind.EVENTS: _of_steps,
    InputKind.IMAGE_STEPS: _of_steps,
    InputKind.IMAGES: _of_images,
}
