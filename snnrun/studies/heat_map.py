"""Coloured cells with a bar that tells what the colours are: of the table of a sweep, say.

Dark blue is good, of a number that should be large as of one that should be small, and good is the
upper end of the bar. A number of which nobody knows which way it is better is grey.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.core.paths import cut
from snnrun.plots.panels import letter
from snnrun.plots.style import COLUMN, INK, PAGE, new_figure
from snnrun.studies.merit import Better, better
from snnrun.studies.rounding import told
from snnrun.studies.table import Grid, Row, in_percent, keys_in, spread

_CELL, _AROUND, _HIGHEST = 9.0, 16.0, 230.0  # mm: of a cell, around a panel, of a page
_CROWDED = 6  # columns beyond which two panels do not fit beside each other
_WIDEST = 28  # characters of a label
_MAPS = {"higher": "Blues", "lower": "Blues_r", None: "Greys"}
Floats = NDArray[np.float64]


def draw(rows: Sequence[Row], columns: str | None = None) -> Figure:
    """Return a panel for each number of the table: means over seeds, with standard deviations.

    Args:
        rows: the runs.
        columns: the key whose values make the columns; None: the second of two, or one column.
    """
    keys = keys_in(rows)
    columns = keys[1] if columns is None and len(keys) == 2 else columns
    grid, names = Grid.of(rows, columns), list(rows[0].numbers)
    figure, panels = panels_for(len(names), len(grid.lines), len(grid.heads))
    labels = [", ".join(word or "-" for word in label) for label in grid.lines]
    for axes, name in zip(panels, names, strict=True):
        cells(axes, means(grid, name), _texts(grid, name), labels, grid.heads, better(name))
        axes.set_title(f"{name} (%)" if in_percent(name) else name)
        axes.set_xlabel("" if columns is None else short(columns))
        if axes.get_subplotspec().is_first_col():  # type: ignore[union-attr]
            axes.set_ylabel(", ".join(map(short, grid.keys)))
    return figure


def panels_for(number: int, lines: int, columns: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each map of so many lines and columns."""
    across = 1 if number == 1 or columns > _CROWDED else 2
    down = -(-number // across)
    wide = across == 2 or columns > _CROWDED
    height = down * (_CELL * lines + _AROUND)
    figure = new_figure(PAGE if wide else COLUMN, min(height, _HIGHEST))
    every = figure.subplots(down, across, squeeze=False).ravel()
    for axes in every[number:]:
        axes.set_axis_off()
    panels = list(every[:number])
    if number > 1:
        letter(panels)
    return figure, panels


def cells(
    axes: Axes,
    values: Floats,
    texts: Sequence[Sequence[str]],
    lines: Sequence[str],
    heads: Sequence[str],
    good: Better | None,
) -> None:
    """Draw a map: a cell for each value, darker where it is better; beside different ones, a bar.

    Args:
        axes: where.
        values: ``[lines, columns]``; nan leaves a cell empty.
        texts: what stands in the cells, of the same shape.
        lines: labels of the lines, from above.
        heads: labels of the columns.
        good: which way the number is better; None: who knows, larger ones are darker.
    """
    low, high = _range(values)
    darkness = (values - low) / (high - low)
    light, dark = low, high
    if good == "lower":
        darkness, light, dark = 1 - darkness, high, low
    image = axes.imshow(
        np.ma.masked_invalid(values), cmap=_MAPS[good], aspect="auto", origin="upper"
    )
    # The lightest is not white, and the darkest grey not black.
    ends = (light + 0.05 * (light - dark), dark + (0.8 * (dark - light) if good is None else 0.0))
    image.set_clim(*sorted(ends))
    for (row, column), share in np.ndenumerate(darkness):
        if math.isfinite(share):
            shade = "white" if share > 0.6 + 0.2 * (good is None) else INK
            text = texts[row][column]
            axes.text(column, row, text, ha="center", va="center", color=shade)
    axes.set_xticks(range(len(heads)), [cut(head, _WIDEST) for head in heads])
    axes.set_yticks(range(len(lines)), [cut(line, _WIDEST) for line in lines])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    figure = axes.get_figure(root=True)
    assert figure is not None
    if len(np.unique(values[np.isfinite(values)])) < 2:
        return  # one colour tells nothing
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02, aspect=25)
    bar.outline.set_visible(False)
    bar.ax.set_ylim(light, dark)
    if good is not None:
        bar.ax.set_title("better")


def short(key: str) -> str:
    """Return a key without the section that it stands in.

    Example:
        >>> short("model.layers.0.size"), short("seed")
        ('layers.0.size', 'seed')
    """
    return key.partition(".")[2] or key


def means(grid: Grid, name: str) -> Floats:
    """Return the mean of a number for each line and column; nan where no run is."""
    return np.array(
        [
            [spread(line[head], name)[0] if head in line else math.nan for head in grid.heads]
            for line in grid.lines.values()
        ]
    )


def _texts(grid: Grid, name: str) -> list[list[str]]:
    return [
        [told(*spread(line[head], name), in_percent(name), "\n± ") if head in line else ""
         for head in grid.heads]
        for line in grid.lines.values()
    ]  # fmt: skip


def _range(values: Floats) -> tuple[float, float]:
    """Return the ends of the colour scale, which are never equal."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return low, high if high > low else low + 1.0
