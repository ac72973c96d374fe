"""Causal sets: how many of the spikes that arrive at a neuron do so before it spikes."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, letter, row_of_panels
from snnrun.plots.style import ACCENT, INK

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure:
    """Return one histogram for each layer, with its median, around which there are spikes."""
    counted = evaluation.of("causal_sets")
    figure, panels = row_of_panels(len(counted))
    for index, (axes, name) in enumerate(zip(panels, layer_names(len(panels)), strict=True)):
        counts = counted[f"layer_{index}"]
        axes.set_title(f"{name}: median {_histogram(axes, counts)} of {len(counts) - 1:,}")
    letter(panels)
    return figure


def _histogram(axes: Axes, counts: NDArray[np.int64]) -> int:
    """Draw the share of spikes with each size, 1 to the number of inputs, in at most 60 bars.

    Return the median size.

    Args:
        axes: where.
        counts: ``[inputs + 1]``, how many spikes have a set of each size.
    """
    sizes, spikes = np.arange(len(counts)), max(int(counts.sum()), 1)
    inputs = len(counts) - 1
    edges = np.unique(np.append(np.arange(0.5, inputs + 1, -(-inputs // 60)), inputs + 0.5))
    axes.hist(
        sizes, edges.tolist(), weights=100 * counts / spikes, color=ACCENT, alpha=0.6, rwidth=0.9
    )
    median = int(np.searchsorted(counts.cumsum(), spikes / 2))
    axes.axvline(median, color=INK, lw=0.7, ls="--", label="median")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=(1, 2, 5, 10)))
    axes.set_xlim(0.5, inputs + 0.5)
    axes.set_xlabel("inputs before the spike")
    axes.set_ylabel("spikes (%)")
    return median
