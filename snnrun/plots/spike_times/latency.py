"""Latency to decision: how soon the spikes of the label layer tell the class.

A sample is decided when the neuron of its predicted class spikes.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import some_samples
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, TIME, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def decision_times(times: Floats, predictions: NDArray[np.integer[Any]]) -> Floats:
    """Return when each sample is decided ``[samples]``; inf without a prediction (-1).

    Example:
        >>> decision_times(np.array([[0.4, 0.9], [0.7, np.inf]]), np.array([1, -1]))
        array([0.9, inf])
    """
    chosen = np.take_along_axis(times, np.maximum(predictions, 0)[:, None], axis=1)[:, 0]
    return np.where(predictions >= 0, chosen, np.inf)


def draw(evaluation: "Evaluation") -> Figure:
    """Return the shares of samples decided and decided right as functions of time."""
    found = evaluation.of("output_times")
    decided = decision_times(found["times"], found["predictions"])
    right = np.where(found["predictions"] == found["labels"], decided, np.inf)
    spiked = decided[np.isfinite(decided)]
    end = 1.05 * float(spiked.max(initial=1.0))
    figure = new_figure(COLUMN, 62)
    axes = figure.subplots()
    for times, colour, label in ((decided, GREY, "decided"), (right, ACCENT, "decided right")):
        moments = np.sort(times[np.isfinite(times)])
        share = 100 * np.arange(len(moments) + 1) / len(times)
        last = f"{label} ({share[-1]:.1f} %)"
        axes.step([0, *moments, end], [*share, share[-1]], where="post", color=colour, label=last)
    median = float(np.median(spiked)) if spiked.size else 0.0
    if spiked.size:
        axes.axvline(median, color=INK, lw=0.6, ls="--", label=f"median {median:.2f} τₛ")
    axes.set_xlim(0, end)
    axes.set_ylim(0, 100)
    axes.set_xlabel(f"time {TIME}")
    axes.set_ylabel(f"samples of the {evaluation.split} split (%)")
    if len(decided) < evaluation.samples:
        axes.set_title(some_samples(len(decided), evaluation.samples))
    late = median > end / 2
    axes.legend(
        loc="upper left" if late else "lower right", frameon=True, edgecolor="none", framealpha=1
    )
    return figure
