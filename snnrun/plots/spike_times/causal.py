"""Causal sets: how many of the spikes that arrive at a neuron do so before it spikes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, letter, row_of_panels
from snnrun.plots.spike_times.membrane import arrivals
from snnrun.plots.style import ACCENT, INK

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]


def sizes(arriving: Floats, times: Floats) -> NDArray[np.int64]:
    """Return the size of the causal set of every spike, one flat list; silent neurons have none.

    Args:
        arriving: ``[samples, inputs(, neurons)]``, inf = no spike.
        times: ``[samples, neurons]``, inf = no spike.

    Example:
        >>> sizes(np.array([[0.1, 0.5, 0.9]]), np.array([[0.7, np.inf, 0.9]]))
        array([2, 3])
    """
    counts = [
        (inputs.reshape(len(inputs), -1) <= spikes).sum(axis=0)[np.isfinite(spikes)]
        for inputs, spikes in zip(arriving, times, strict=True)
    ]
    return np.concatenate(counts).astype(np.int64)


def draw(evaluation: "Evaluation") -> Figure:
    """Return one histogram for each layer, with its mean."""
    figure, panels = row_of_panels(len(evaluation.times))
    for layer, (axes, name) in enumerate(zip(panels, layer_names(len(panels)), strict=True)):
        arriving = arrivals(evaluation, layer)
        mean = _histogram(axes, sizes(arriving, evaluation.times[layer]), arriving.shape[1])
        axes.set_title(f"{name}: mean {mean:.1f} of {arriving.shape[1]}")
    letter(panels)
    return figure


def _histogram(axes: Axes, counted: NDArray[np.int64], inputs: int) -> float:
    """Draw the share of spikes with each size, 1 to ``inputs``, in at most 60 bars."""
    edges = np.arange(0.5, inputs + 1, -(-inputs // 60))
    edges = np.append(edges, inputs + 0.5)
    share = np.full(len(counted), 100 / max(len(counted), 1))
    axes.hist(
        counted, np.unique(edges).tolist(), weights=share, color=ACCENT, alpha=0.6, rwidth=0.9
    )
    mean = float(counted.mean()) if counted.size else 0.0
    axes.axvline(mean, color=INK, lw=0.7, ls="--")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.set_xlim(0.5, inputs + 0.5)
    axes.set_xlabel("inputs before the spike")
    axes.set_ylabel("spikes (%)")
    return mean
