r"""What each neuron of a Spike-By-Spike layer stands for: the image that its weights lead down to.

Neuron i of a layer stands for the patches :math:`\sum_j p(s | j) p(j | i)`, and so on down to the
image, where pooling may have been at any place of its window. Shown is by how much that differs
from the mean over the neurons of the layer.
"""

from typing import TYPE_CHECKING, Any

import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import conv_transpose2d

from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.weights import Weighted
from snnrun.plots.panels import letter
from snnrun.plots.sbs_kernels import kernels
from snnrun.plots.sbs_pictures import network_of, neuron_tiles, show, two_in_a_row

if TYPE_CHECKING:
    from snnrun.evaluation import Evaluation


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

    Each tile has a scale of its own: red where a pixel is likelier than for the mean neuron.
    """
    model = network_of(evaluation)
    layers = list(model.weighted)[1:]
    if not layers:
        return None
    found = {name: prototypes(model, int(name.split(".")[1])).numpy() for name, _ in layers}
    images = [
        neuron_tiles(values - values.mean(axis=0), evaluation, scaled=True)[0]
        for values in found.values()
    ]
    figure, panels = two_in_a_row(images, around=6)
    for axes, (name, values), image in zip(panels, found.items(), images, strict=True):
        show(axes, image, signed=True)
        size = " × ".join(map(str, values.shape[2:]))
        axes.set_title(f"{name}: {len(values)} neurons, {size} pixels")
    letter(panels)
    return figure
