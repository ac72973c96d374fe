"""Weights of Spike-By-Spike layers: p(s | i), of the input s of a patch given the neuron i."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor

from snnrun.models.sbs.weights import Weighted
from snnrun.plots.panels import letter
from snnrun.plots.sbs_pictures import (
    montage,
    network_of,
    neuron_tiles,
    show,
    two_in_a_row,
)

if TYPE_CHECKING:
    from snnrun.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def kernels(layer: Weighted) -> Tensor:
    """Return the weights of a layer as ``[neurons, channel, kernel rows, kernel columns]``."""
    weights = layer.weights.detach()
    return weights.T.reshape(weights.shape[1], -1, *layer.geometry.kernel)


def draw(evaluation: "Evaluation") -> Figure:
    """Return a panel for each layer: its kernels; a grid of them where it sees many channels."""
    layers = list(network_of(evaluation).weighted)
    figure, panels = two_in_a_row(len(layers))
    for axes, (name, layer) in zip(panels, layers, strict=True):
        values = kernels(layer).numpy()
        if name == "layers.0":
            image, signed = neuron_tiles(values, evaluation, scaled=False)
        else:
            image, signed = _grid(values, axes), False
        shown = show(axes, image, signed, float(np.nanquantile(np.abs(image), 0.998)))
        axes.set_title(f"{name}: {_text(values)}")
        label = "p(light | i) − p(dark | i)" if signed else "p(s | i)"
        bar = figure.colorbar(
            shown,
            ax=axes,
            label=label,
            extend="both" if signed else "max",
            location="bottom",
            aspect=30,
            shrink=0.7,
            ticks=MaxNLocator(4),
        )
        bar.outline.set_visible(False)
    letter(panels)
    return figure


def _grid(values: Floats, axes: Axes) -> Floats:
    """Return all kernels in one image, with a side for the neurons and one for the channels."""
    neurons, channels, height, width = values.shape
    axes.set_xlabel("neurons" if neurons >= channels else "channels")
    axes.set_ylabel("channels" if neurons >= channels else "neurons")
    order = values.transpose(1, 0, 2, 3) if neurons >= channels else values
    gap = 0 if height == width == 1 else 1
    return montage(order.reshape(-1, height, width), max(neurons, channels), gap)


def _text(values: Floats) -> str:
    neurons, channels, height, width = values.shape
    return f"{neurons} neurons, {channels} × {height} × {width}"
