"""Panels of a figure: how many fit beside each other, their letters, the names of layers."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)
from numpy.typing import NDArray

from snnrun.plots.style import ACCENT, GREY, PAGE, class_colours, new_figure, points

LINES = 100  #: neurons of a layer, rows of which can be told apart in print
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FEW = 5  #: classes whose colours can be told apart in a crowd of lines


def row_of_panels(number: int, height: float = 52, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``number`` panels of ``height`` mm, at most ``columns`` in a row.

    Of one more, two rows of fewer leave it not alone in the second.
    """
    columns, most = min(number, columns), columns
    if number == columns + 1 and columns > 2 and number % (columns - 1) != 1:
        columns -= 1
    rows = -(-number // columns)
    figure = new_figure(PAGE * max(columns, 2 * most / 3) / most, height * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in panels[number:]:
        axes.set_axis_off()
    return figure, panels[:number]


def share_y(panels: Iterable[Axes]) -> None:
    """Give panels of several rows one y scale, which holds all of them."""
    shown = [axes for axes in panels if axes.has_data()]
    ends = [axes.get_ylim() for axes in shown]
    for axes in shown:
        axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def letter(panels: Iterable[Axes]) -> None:
    """Mark the panels a, b, c, ... at their upper left; one alone has no letter."""
    panels = list(panels)
    for index, axes in enumerate(panels if len(panels) > 1 else ()):
        axes.set_title(chr(ord("a") + index), loc="left", fontweight="bold", fontsize=points(8))


def log_scale(
    axes: Axes,
    lines: Sequence[Line2D] | None = None,
    bands: Sequence[Collection] | None = None,
) -> None:
    """Fit a logarithmic y axis to the lines and their bands; plain numbers at 1, 2, 5, 10, ...

    Where a line reaches 0, the axis goes on below the least value above it, linearly down to a tick
    at 0. A band that reaches 0 ends where the axis does, at a third of the lowest line. An axis
    with nothing above zero stays linear.

    Args:
        axes: what is scaled, with all that share the axis.
        lines, bands: what has to fit; None: those of these axes.
    """
    lines, bands = (axes.lines if lines is None else lines), (bands or axes.collections)
    values = np.concatenate([[], *(np.asarray(line.get_ydata(), float) for line in lines)])
    positive = values[np.isfinite(values) & (values > 0)]
    if not positive.size:
        return
    ends = np.concatenate([[], *(_heights(each) for each in bands)])
    ends = np.maximum(ends[np.isfinite(ends)], positive.min() / 3)
    low, high = positive.min(), 1.3 * max([positive.max(), *ends])
    ticks = log_ticks(low, high)
    if (values == 0).any():
        axes.set_yscale("symlog", linthresh=low, linscale=max(0.12 * np.log10(high / low), 0.05))
        axes.set_ylim(-0.2 * low, high)
        axes.yaxis.set_major_locator(FixedLocator([0, *_above(low, high)]))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_yscale("log", nonpositive="clip")
        axes.set_ylim(0.75 * min([low, *ends]), high)
        axes.yaxis.set_major_locator(ticks)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _above(low: float, high: float) -> list[float]:
    """Return ticks of the logarithmic part of an axis: few round numbers where it is short.

    Example:
        >>> _above(25.0, 97.5), _above(0.3, 60.0)
        ([40.0, 60.0, 80.0], [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
    """
    ticks = MaxNLocator(4) if high < 10 * low else log_ticks(low, high)
    found = (float(tick) for tick in ticks.tick_values(low, high))
    return [tick for tick in found if 0.999 * low <= tick <= high]


def log_ticks(low: float, high: float) -> LogLocator:
    """Return ticks at 1, 2, 5, ..., or at powers of ten where there would be too many of these.

    Example:
        >>> log_ticks(1e-9, 1.0).tick_values(1e-9, 1.0).size > 2
        True
    """
    return LogLocator(subs=(1, 2, 5) if high < 500 * low else (1,))


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


def highlight(number: int, true: int) -> list[str]:
    """Return a colour for each class in a panel of a true one.

    Up to five have their own; of more, which nobody can follow at once, the true one stands out.

    Example:
        >>> highlight(3, true=1), highlight(6, true=1)[:3]
        (['#3f90da', '#ffa90e', '#bd1f01'], ['#7f7f7f', '#1b7f79', '#7f7f7f'])
    """
    if number <= FEW:
        return class_colours(number)
    return [ACCENT if each == true else GREY for each in range(number)]


def neuron_legend(figure: Figure, names: Sequence[str], *more: Line2D, **style: Any) -> None:
    """Put the colours of the label neurons, and whatever else, below the panels."""
    told = {
        f"label neuron {name}": each
        for name, each in zip(names, class_colours(len(names)), strict=True)
    }
    if len(names) > FEW:
        told = {"label neuron of the true class": ACCENT, "of other classes": GREY}
    handles = [Line2D([], [], color=each, label=name, **style) for name, each in told.items()]
    handles.extend(more)
    legend_below(figure, handles)


def every_kth(neurons: int, lines: int = LINES) -> int:
    """Return k such that every k-th neuron of a layer has a row of its own that can be seen.

    Example:
        >>> every_kth(100), every_kth(784)
        (1, 8)
    """
    return -(-neurons // lines)


def band_name(name: str, neurons: int, every: int) -> str:
    """Return what stands beside a band of which every k-th neuron is shown.

    Example:
        >>> band_name("hidden", 64, 1), band_name("input", 784, 8)
        ('hidden (64)', 'input (784,\\n1 in 8 shown)')
    """
    return f"{name} ({neurons})" if every == 1 else f"{name} ({neurons},\n1 in {every} shown)"


def some_samples(shown: int, whole: int) -> str:
    """Return how many of the samples are shown.

    Example:
        >>> some_samples(1000, 10000), some_samples(60, 60)
        ('1,000 of 10,000 samples', '60 samples')
    """
    return f"{whole:,} samples" if shown >= whole else f"{shown:,} of {whole:,} samples"


def plain(value: float) -> str:
    """Return a number as an axis shows it: thousands have commas, only tiny ones a power of ten.

    Example:
        >>> plain(1000.0), plain(2500000), plain(0.025), plain(-12500.5), plain(2e-7)
        ('1,000', '2,500,000', '0.025', '−12,500.5', '2·10⁻⁷')
    """
    if 0 < abs(value) < 1e-4:
        factor, _, power = f"{value:.2e}".partition("e")
        text = f"{float(factor):g}·10{raised(int(power))}".removeprefix("1·")
    elif abs(value) >= 1000:
        text = f"{value:,.1f}".removesuffix(".0")
    else:
        text = f"{value:g}"
    return text.replace("-", "−")


def raised(power: int) -> str:
    """Return an exponent.

    Example:
        >>> raised(-12)
        '⁻¹²'
    """
    return str(power).translate(_RAISED)


def legend_below(
    figure: Figure, handles: Sequence[Artist] | None = None, columns: int = 6, **style: Any
) -> Legend:
    """Put a legend below the panels, in as many columns as the figure is wide enough for.

    Args:
        figure: in whose panels the handles are.
        handles: what is explained; None: all that has a label.
        columns: how many it has at most.
        style: of the legend.
    """
    style = {"loc": "outside lower center", **style} | ({"handles": handles} if handles else {})
    number = columns if handles is None else min(len(handles), columns)
    while True:
        legend = figure.legend(ncols=number, **style)
        if number <= 1 or legend.get_window_extent().width <= figure.bbox.width:
            return legend
        legend.remove()
        number -= 1


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent.

    Example:
        >>> percent(0.9637)
        '96.4 %'
    """
    return f"{100 * share:.{digits}f} %"
