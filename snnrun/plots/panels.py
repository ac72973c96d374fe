"""Panels of a figure: how many fit beside each other, their letters, the names of layers."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from snnrun.plots.style import PAGE, class_colours, new_figure


def row_of_panels(number: int, height: float = 52, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``number`` panels of ``height`` mm, at most ``columns`` in a row."""
    columns, most = min(number, columns), columns
    rows = -(-number // columns)
    figure = new_figure(PAGE * max(columns, 2 * most / 3) / most, height * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in panels[number:]:
        axes.set_axis_off()
    return figure, panels[:number]


def letter(panels: Iterable[Axes]) -> None:
    """Mark the panels a, b, c, ... at their upper left."""
    for index, axes in enumerate(panels):
        axes.set_title(chr(ord("a") + index), loc="left", fontweight="bold", fontsize=8)


def log_scale(axes: Axes) -> None:
    """Fit a logarithmic y axis to the lines and their bands; plain numbers at 1, 2, 5, 10, ...

    Where a line reaches 0, the axis goes on below the least value above it, linearly down to a tick
    at 0. A band that reaches 0 ends where the axis does, at a third of the lowest line. An axis
    with nothing above zero stays linear.
    """
    values = np.concatenate([[], *(np.asarray(line.get_ydata(), float) for line in axes.lines)])
    positive = values[np.isfinite(values) & (values > 0)]
    if not positive.size:
        return
    bands = np.concatenate([[], *(_heights(each) for each in axes.collections)])
    bands = np.maximum(bands[np.isfinite(bands)], positive.min() / 3)
    low, high = positive.min(), 1.3 * max([positive.max(), *bands])
    ticks = LogLocator(subs=(1, 2, 5))
    if (values == 0).any():
        axes.set_yscale("symlog", linthresh=low, linscale=max(0.12 * np.log10(high / low), 0.05))
        axes.set_ylim(-0.2 * low, high)
        above = [tick for tick in ticks.tick_values(low, high) if 0.999 * low <= tick <= high]
        axes.yaxis.set_major_locator(FixedLocator([0, *above]))
    else:
        axes.set_yscale("log", nonpositive="clip")
        axes.set_ylim(0.75 * min([low, *bands]), high)
        axes.yaxis.set_major_locator(ticks)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _heights(band: Collection) -> NDArray[np.float64]:
    """Return the y of all corners of a band; none of one that is no part of the data."""
    paths = [np.asarray(path.vertices, float)[:, 1] for path in band.get_paths()]
    return np.concatenate([[], *paths])


def layer_names(number: int, last: str = "label layer") -> list[str]:
    """Return what the layers of a network are called, and the last of them.

    Example:
        >>> layer_names(2), layer_names(3, "readout")
        (['hidden layer', 'label layer'], ['hidden layer 1', 'hidden layer 2', 'readout'])
    """
    if number == 2:
        return ["hidden layer", last]
    return [*(f"hidden layer {index}" for index in range(1, number)), last]


def epoch_axis(axes: Axes, ticks: int | None = None) -> None:
    """Label the x axis with whole epochs, at most ``ticks`` of them."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(ticks or "auto", integer=True))


def neuron_legend(figure: Figure, names: Sequence[str], *more: Line2D, **style: Any) -> None:
    """Put the colours of the label neurons, and whatever else, below the panels."""
    colours = class_colours(len(names))
    handles = [
        Line2D([], [], color=colour, label=f"label neuron {name}", **style)
        for name, colour in zip(names, colours, strict=True)
    ]
    handles.extend(more)
    figure.legend(handles=handles, loc="outside lower center", ncols=min(len(handles), 6))


def some_samples(shown: int, whole: int) -> str:
    """Return how many of the samples are shown.

    Example:
        >>> some_samples(1000, 10000), some_samples(60, 60)
        ('1,000 of 10,000 samples', '60 samples')
    """
    return f"{whole:,} samples" if shown >= whole else f"{shown:,} of {whole:,} samples"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent.

    Example:
        >>> percent(0.9637)
        '96.4 %'
    """
    return f"{100 * share:.{digits}f} %"
