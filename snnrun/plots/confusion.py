"""Confusion matrix: of the samples of each true class, the share that each class was predicted."""

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.core.paths import cut
from snnrun.plots.panels import percent
from snnrun.plots.style import COLUMN, INK, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


_LINE, _LONGEST = 12, 36  # characters of a line, and of a name of a class
_BESIDE = 36  # characters that fit beside each other below the matrix


def table_of(evaluation: "Evaluation") -> NDArray[np.int64]:
    """Return the samples of each true class (rows) that were put into each class (columns).

    A last column, for samples without a prediction, is there only if there are any.
    """
    table: NDArray[np.int64] = evaluation.of("answers")["counts"]
    return table if table[:, -1].any() else table[:, :-1]


def draw(evaluation: "Evaluation") -> Figure:
    """Return the matrix in percent of each row, with the counts where there is room."""
    names = [textwrap.fill(cut(name, _LONGEST), _LINE) for name in evaluation.classes]
    table = table_of(evaluation)
    share = 100 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = new_figure(COLUMN, 74)
    axes = figure.subplots()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=100, origin="upper")
    _write_cells(axes, share, table)
    columns = names if table.shape[1] == len(names) else [*names, "none"]
    widest = max(len(line) for name in columns for line in name.splitlines())
    upright = widest * len(columns) > _BESIDE
    axes.set_xticks(range(len(columns)), columns, rotation=90 if upright else 0)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    samples, whole = evaluation.samples, evaluation.whole
    share_right = percent(np.trace(table) / max(samples, 1), 2)
    right = f"{evaluation.split}: {share_right} of {samples:,} right"
    axes.set_title(right if samples == whole else f"{right}, drawn from {whole:,}")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, label="share of the true class (%)")
    bar.outline.set_visible(False)
    return figure


def share_words(value: float) -> str:
    """Return a share in percent in little room; one that is not quite 100 does not say so.

    Example:
        >>> [share_words(value) for value in (0.01, 0.3, 99.64, 99.99, 100.0)]
        ['0.0', '0.3', '99.6', '99.9', '100']
    """
    return "100" if value == 100 else f"{min(value, 99.9):.1f}"


def _write_cells(axes: Axes, share: NDArray[np.float64], table: NDArray[np.int64]) -> None:
    roomy = len(table) <= 4
    for (row, column), value in np.ndenumerate(share):
        if roomy:
            text = f"{value:.1f}\n({table[row, column]:,})"
        else:
            text = share_words(value) if table[row, column] else ""
        colour = "white" if value > 55 else INK
        axes.text(column, row, text, ha="center", va="center", color=colour)
