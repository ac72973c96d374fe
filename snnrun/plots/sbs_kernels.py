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
    layers = {name: kernels(layer).numpy() for name, layer in network_of(evaluation).weighted}
    images = [
        neuron_tiles(values, evaluation, scaled=False) if name == "layers.0" else _grid(values)
        for name, values in layers.items()
    ]
    figure, panels = two_in_a_row([image for image, _ in images], around=24)
    for axes, (name, values), (image, signed) in zip(panels, layers.items(), images, strict=True):
        if name != "layers.0":
            _label(axes, values)
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


def _label(axes: Axes, values: Floats) -> None:
    """Name the sides of a grid; the longer one is the wide one."""
    sides = ("neurons", "channels")
    wide, high = sides if len(values) >= values.shape[1] else sides[::-1]
    axes.set_xlabel(wide)
    axes.set_ylabel(high)


def _grid(values: Floats) -> tuple[Floats, bool]:
    """Return all kernels in one image, a side for neurons and one for channels; it has no sign."""
    neurons, channels, height, width = values.shape
    order = values.transpose(1, 0, 2, 3) if neurons >= channels else values
    gap = 0 if height == width == 1 else 1
    return montage(order.reshape(-1, height, width), max(neurons, channels), gap), False


def _text(values: Floats) -> str:
    neurons, channels, height, width = values.shape
    return f"{neurons} neurons, {channels} × {height} × {width}"
