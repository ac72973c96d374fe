r"""What each neuron of a Spike-By-Spike layer stands for: the image that its weights lead down to.

Neuron i of a layer stands for the patches :math:`\sum_j p(s | j) p(j | i)`, and so on down to the
image, where pooling may have been at any place of its window.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv_transpose2d

from snnrun.evaluation.measure import ROOM, Arrays, Measure
from snnrun.evaluation.measures.fewer_spikes import network_of
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.weights import Weighted

#: Neurons of a layer at most, which can be told apart in print.
MOST = 100


class Prototypes(Measure):
    """Keeps, for each layer with weights but the first, whose kernels are what its neurons stand
    for,

    layer_<n>: ``[neurons, channel, rows, columns]`` of the coded image that the first neurons see,
        each of sum 1, minus the mean over all neurons.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        model = network_of(self.subject.learner)
        places = [i for i, layer in enumerate(model.layers) if isinstance(layer, Weighted)][1:]
        found: Arrays = {}
        for index in places:
            values = prototypes(model, index).numpy(force=True)
            most = max(1, min(MOST, ROOM // len(places) // values[0].nbytes))
            found[f"layer_{index}"] = values[:most] - values.mean(axis=0)
        return found


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
    found = torch.eye(layer.weights.shape[1]).to(layer.weights)[:, :, None, None]
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
