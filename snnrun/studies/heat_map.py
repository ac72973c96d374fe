"""The table of a sweep as a figure: a coloured cell for each point of the grid."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import letter
from snnrun.plots.style import COLUMN, INK, PAGE, new_figure
from snnrun.studies.table import Grid, Row, in_percent, spread

_CELL, _AROUND, _HIGHEST = 9.0, 16.0, 230.0  # mm: of a cell, around a panel, of a page
_CROWDED = 6  # columns beyond which two panels do not fit beside each other


def draw(rows: Sequence[Row], columns: str | None = None) -> Figure:
    """Return a panel for each number of the table: means over seeds, with standard deviations.

    Args:
        rows: the runs.
        columns: the key whose values make the columns; None: one column.
    """
    grid, names = Grid.of(rows, columns), list(rows[0].numbers)
    across = 1 if len(names) == 1 or len(grid.heads) > _CROWDED else 2
    down = -(-len(names) // across)
    wide = across == 2 or len(grid.heads) > _CROWDED
    height = down * (_CELL * len(grid.lines) + _AROUND)
    figure = new_figure(PAGE if wide else COLUMN, min(height, _HIGHEST))
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, grid, name)
        axes.set_xlabel("" if columns is None else short(columns))
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    for axes in panels[: len(names) : across]:
        axes.set_ylabel(", ".join(map(short, grid.keys)))
    if len(names) > 1:
        letter(panels[: len(names)])
    return figure


def short(key: str) -> str:
    """Return a key without the section that it stands in.

    Example:
        >>> short("model.layers.0.size"), short("seed")
        ('layers.0.size', 'seed')
    """
    return key.partition(".")[2] or key


def means(grid: Grid, name: str) -> NDArray[np.float64]:
    """Return the mean of a number for each line and column; nan where no run is."""
    return np.array(
        [
            [spread(line[head], name)[0] if head in line else math.nan for head in grid.heads]
            for line in grid.lines.values()
        ]
    )


def _panel(axes: Axes, grid: Grid, name: str) -> None:
    values = means(grid, name)
    image = axes.imshow(np.ma.masked_invalid(values), cmap="Blues", aspect="auto", origin="upper")
    low, high = _range(values)
    image.set_clim(low - 0.05 * (high - low), high)
    for (row, column), value in np.ndenumerate(values):
        line = list(grid.lines.values())[row]
        if math.isfinite(value):
            text = words(*spread(line[grid.heads[column]], name), percent=in_percent(name))
            shade = "white" if value > low + 0.6 * (high - low) else INK
            axes.text(column, row, text, ha="center", va="center", color=shade)
    axes.set_xticks(range(len(grid.heads)), grid.heads)
    axes.set_yticks(range(len(grid.lines)), [", ".join(label) for label in grid.lines])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{name} (%)" if in_percent(name) else name)


def words(mean: float, deviation: float | None, percent: bool) -> str:
    """Return what a cell says.

    Example:
        >>> words(91.25, 0.5, percent=True), words(0.123, None, percent=False)
        ('91.2\\n± 0.5', '0.123')
    """
    digits = ".1f" if percent else ".3g"
    spread_digits = digits if percent else ".2g"
    return f"{mean:{digits}}" + ("" if deviation is None else f"\n± {deviation:{spread_digits}}")


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the colour scale, which are never equal."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return low, high if high > low else low + 1.0
