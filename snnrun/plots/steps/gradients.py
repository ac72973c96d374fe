"""The update that a local rule makes of one batch, beside the true gradient."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.random import Random
from snnrun.learning.local.alignment import angle, true_gradients
from snnrun.plots.histograms import filled
from snnrun.plots.panels import layer_names, letter, row_of_panels
from snnrun.plots.style import ACCENT, INK

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

_BATCH = 256


def draw(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer: histograms of both, each divided by its root mean square.

    The true gradient is that of backpropagation through time with pseudo-derivatives.
    """
    network: Any = evaluation.model
    rule: Any = evaluation.learner.rule
    labels = torch.from_numpy(evaluation.labels[:_BATCH])
    seen, _ = evaluation.watch(evaluation.inputs[:_BATCH])
    random = Random(evaluation.experiment.seed, "gradients", 0, 0, np.arange(len(labels)))
    rule.step(Batch(seen, labels, random))
    truth = true_gradients(network, rule.objective, seen, labels)
    figure, panels = row_of_panels(len(truth))
    names = layer_names(len(truth), "readout")
    for axes, layer, true, name in zip(panels, network.stack, truth, names, strict=True):
        update = layer.weights.grad
        values, others = scaled(update), scaled(true)
        edges = np.linspace(-1, 1, 82) * max(1.0, np.abs(values).max(), np.abs(others).max())
        filled(axes, values, edges, "update", color=ACCENT, alpha=0.6)
        axes.stairs(*np.histogram(others, edges), color=INK, lw=0.7, label="true gradient")
        axes.set_yscale("log")
        axes.set_title(f"{name}: {angle(update, true):.0f}° apart")
        axes.set_xlabel("gradient / its rms")
        axes.set_ylabel("synapses")
    panels[0].legend()
    letter(panels)
    return figure


def scaled(values: Tensor) -> NDArray[np.float64]:
    """Return the values in units of their root mean square.

    Example:
        >>> scaled(torch.tensor([1.0, -7.0])).tolist()
        [0.2, -1.4]
    """
    exact = values.double()
    return (exact / exact.pow(2).mean().sqrt().clamp(min=1e-300)).numpy()
