"""Rows of panels beside each other, one for each of several samples: maps, rasters of spikes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.pictures import columns_for, montage, show
from snnrun.plots.style import GREY, INK

Floats = NDArray[np.floating[Any]]
_DOTS = 4000  # of a raster; of more, some are left out
_COLUMN = 3  # channels below each other; more make a square
_FEW = 20  # inputs whose spikes are strokes


@dataclass(frozen=True)
class Row:
    """Panels beside each other, one for each sample.

    name: what stands at their left.
    ratio: of their height to their width.
    draw: draws one, given its number.
    bar: what is written at the bar of colours; empty: there is none.
    unit: what is written below; empty: there is no axis.
    """

    name: str
    ratio: float
    draw: Callable[[Axes, int], AxesImage | None]
    bar: str = ""
    unit: str = ""


def pictures_of(values: Floats) -> Floats:
    """Return pictures ``[samples, height, width(, 3)]``, as people see them.

    Colours beyond [0, 1], as of normalised pictures, are brought there.
    """
    if values.shape[1] != 3:
        return tiled(values)
    colours, low, high = np.moveaxis(values, 1, 3), values.min(), values.max()
    inside = low >= 0 and high <= 1
    return colours if inside else (colours - low) / ((high - low) or 1)


def tiled(values: Floats) -> Floats:
    """Return the channels of ``[samples, channel, height, width]`` in one image each."""
    if values.shape[1] == 1:
        return values[:, 0]
    columns = columns_for(values[0]) if values.shape[1] > _COLUMN else 1
    return np.stack([montage(each, columns) for each in values])


def maps(
    name: str,
    images: Floats,
    bar: str,
    colours: str = "Greys_r",
    limits: tuple[float, float] | None = None,
) -> Row:
    """Return a row of images ``[samples, height, width(, 3)]`` on one scale."""
    ratio = images.shape[1] / images.shape[2]
    low, high = limits or (min(0.0, float(np.nanmin(images))), float(np.nanmax(images)) or 1.0)

    def draw(axes: Axes, index: int) -> AxesImage:
        found = show(axes, images[index], signed=False)
        found.set_cmap(colours)
        found.set_clim(low, high)
        axes.spines[:].set(visible=True, color=GREY)
        return found

    return Row(name, ratio, draw, bar)


def raster(name: str, steps: Floats) -> Row:
    """Return a row of rasters of ``[samples, time, inputs]``: a dot where an input is not 0."""
    spikes = [np.nonzero(each) for each in steps]
    return dots(
        name, [(at, where) for at, where in spikes], "step", steps.shape[1] - 1, steps.shape[2]
    )


def dots(name: str, spikes: Sequence[tuple[Any, Any]], unit: str, last: float, inputs: int) -> Row:
    """Return a row of dots: when, and of which input."""
    few = inputs <= _FEW

    def draw(axes: Axes, index: int) -> None:
        at, where = spikes[index]
        every = max(1, math.ceil(len(at) / _DOTS))
        axes.plot(
            at[::every], where[::every], "|" if few else "s", color=INK,
            markersize=6 if few else 0.7, markeredgewidth=1 if few else 0,
            rasterized=len(at) > _DOTS // 8,
        )  # fmt: skip
        frame(axes, 0, last, inputs)

    return Row(name, ratio(inputs), draw, unit=unit)


def ratio(inputs: int) -> float:
    """Return how high a panel of so many inputs is, of its width."""
    return min(1.0, 0.25 + 0.1 * inputs)


def frame(axes: Axes, low: float, high: float, inputs: int) -> None:
    """Let x go from low to high, and y down from the first input."""
    room = 0.03 * (high - low or 1.0)
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(inputs - 0.5, -0.5)
    axes.xaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
