r"""Weights of Spike-By-Spike layers: p(s | i), as kernels, and as what each neuron stands for.

The second follows the probabilities down to the image: a neuron i of a layer stands for the
patches :math:`\sum_j p(s | j) p(j | i)`, where pooling may have been at any place of its window.
Shown is by how much they differ from the mean over the neurons of the layer.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv_transpose2d

from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.weights import Weighted
from snnrun.plots.panels import letter
from snnrun.plots.sbs_pictures import columns_for, montage, picture, show
from snnrun.plots.style import PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def kernels(layer: Weighted) -> Tensor:
    """Return the weights of a layer as ``[neurons, channel, kernel rows, kernel columns]``."""
    weights = layer.weights.detach()
    return weights.T.reshape(weights.shape[1], -1, *layer.geometry.kernel)


@torch.no_grad()
def prototypes(model: SbsNet, index: int) -> Tensor:
    """Return what each neuron of a layer with weights stands for, ``[neurons, channel, rows,
    columns]`` of the coded image that it sees; each sums to 1.
    """
    layer: Any = model.layers[index]
    found = torch.eye(layer.weights.shape[1], dtype=layer.weights.dtype)[:, :, None, None]
    for each in reversed(model.layers[: index + 1]):
        lower: Any = each
        geometry = lower.geometry
        options = {"stride": geometry.stride, "dilation": geometry.dilation}
        if isinstance(lower, Weighted):
            found = conv_transpose2d(found, kernels(lower), **options)
        else:
            channels, area = found.shape[1], geometry.kernel[0] * geometry.kernel[1]
            even = found.new_full((channels, 1, *geometry.kernel), 1 / area)
            found = conv_transpose2d(found, even, groups=channels, **options)
    return found


def draw(evaluation: "Evaluation") -> Figure:
    """Return a panel for each layer: its kernels; a grid of them where it sees many channels."""
    layers = list(_model(evaluation).weighted)
    figure, panels = _panels(len(layers))
    for axes, (name, layer) in zip(panels, layers, strict=True):
        values = kernels(layer).numpy()
        if name == "layers.0":
            image, signed = _tiles(values, evaluation, scaled=False)
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


def draw_prototypes(evaluation: "Evaluation") -> Figure | None:
    """Return a panel for each layer but the first, whose kernels are what its neurons stand for.

    Each tile has a scale of its own: red where a pixel is likelier than for the mean neuron.
    """
    model = _model(evaluation)
    layers = list(model.weighted)[1:]
    if not layers:
        return None
    figure, panels = _panels(len(layers))
    for axes, (name, layer) in zip(panels, layers, strict=True):
        values = prototypes(model, int(name.split(".")[1])).numpy()
        image, _ = _tiles(values - values.mean(axis=0), evaluation, scaled=True)
        show(axes, image, signed=True)
        size = " × ".join(map(str, values.shape[2:]))
        axes.set_title(f"{name}: {layer.weights.shape[1]} neurons, {size} pixels")
    letter(panels)
    return figure


def _model(evaluation: "Evaluation") -> SbsNet:
    model = evaluation.model
    assert isinstance(model, SbsNet)
    return model


def _panels(number: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with two panels in a row."""
    rows, columns = -(-number // 2), min(number, 2)
    figure = new_figure(PAGE * columns / 2, 72 * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in panels[number:]:
        axes.set_axis_off()
    return figure, panels[:number]


def _tiles(values: Floats, evaluation: "Evaluation", scaled: bool) -> tuple[Floats, bool]:
    """Return a tile for each neuron, ``values [neurons, channel, rows, columns]``."""
    tiles, signed = picture(values, evaluation)
    if scaled or tiles.ndim == 4:
        largest = np.abs(tiles).reshape(len(tiles), -1).max(axis=1)
        tiles = tiles / np.maximum(largest, 1e-30).reshape(-1, *[1] * (tiles.ndim - 1))
    if tiles.ndim == 4 and (tiles < 0).any():
        tiles = 0.5 + 0.5 * tiles
    return montage(tiles, columns_for(tiles)), signed


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
