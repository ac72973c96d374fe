r"""What each neuron of a Spike-By-Spike layer stands for: the image that its weights lead down to.

Neuron i of a layer stands for the patches :math:`\sum_j p(s | j) p(j | i)`, and so on down to the
image, where pooling may have been at any place of its window. Shown is by how much that differs
from the mean over the neurons of the layer.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import conv_transpose2d

from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.weights import Weighted
from snnrun.plots.panels import letter
from snnrun.plots.sbs.kernels import kernels
from snnrun.plots.sbs.keys import scale_below
from snnrun.plots.sbs.names import names_of
from snnrun.plots.sbs.pictures import TILES, network_of, neuron_tiles, show, some, two_in_a_row

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

_KEY = "p(pixel | i), mean neuron subtracted"


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


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a panel for each layer but the first, whose kernels are what its neurons stand for.

    The tiles of a layer share a scale: red where a pixel is likelier than for the mean neuron.
    """
    model = network_of(evaluation)
    places = [index for index, layer in enumerate(model.layers) if isinstance(layer, Weighted)][1:]
    if not places:
        return None
    found = [prototypes(model, index).numpy() for index in places]
    images = [neuron_tiles(each - each.mean(axis=0), evaluation)[0] for each in found]
    figure, panels = two_in_a_row(images, around=23)
    names = names_of(model)
    for axes, index, values, image in zip(panels, places, found, images, strict=True):
        shown = show(axes, image, True, float(np.nanquantile(np.abs(image), 0.99)))
        size = " × ".join(map(str, values.shape[2:]))
        axes.set_title(f"{names[index]}: {some(TILES, len(values))}, {size} pixels")
        if image.ndim == 2:
            scale_below(figure, shown, _KEY, gap=3, extend="both")
    letter(panels)
    return figure
