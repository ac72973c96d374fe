"""Weights of a feed-forward network. They are made in float64; ``.to(float32)`` rounds once."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

from snnrun.kernels.lif.spike_product import product
from snnrun.models.feedforward.layer import Place, Shown, Stateless
from snnrun.models.feedforward.layer_settings import Shape
from snnrun.models.feedforward.weights import ConvSettings, LinearSettings, WeightsSettings


class Weighted(Stateless):
    """Weights ``[outputs, inputs, ...]`` and, maybe, a bias ``[outputs]``."""

    bias: Tensor | None

    def __init__(self, settings: WeightsSettings, shape: Shape, place: Place) -> None:
        super().__init__()
        self.key = place.name
        outputs, inputs, *patch = shape
        normal = settings.init == "kaiming"
        if normal:
            drawn = torch.randn(shape, generator=place.generator, dtype=torch.float64)
            drawn *= math.sqrt(2 / (outputs * math.prod(patch)))
        else:
            drawn = _uniform(shape, inputs * math.prod(patch), place)
        self.weight = nn.Parameter(drawn)
        if not settings.bias:
            self.register_parameter("bias", None)
        elif normal:
            self.bias = nn.Parameter(torch.zeros(outputs, dtype=torch.float64))
        else:
            self.bias = nn.Parameter(_uniform((outputs,), inputs * math.prod(patch), place))

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the output ``[time, batch, ...]``; where nothing is learned, the record gets x."""
        if shown.membranes:
            shown.record.received[self.key] = x
        return super().forward(x, shown)


def _uniform(shape: Shape, inputs: int, place: Place) -> Tensor:
    drawn = torch.rand(shape, generator=place.generator, dtype=torch.float64)
    return (2 * drawn - 1) / math.sqrt(inputs)


class Conv(Weighted):
    """A convolution."""

    def __init__(self, settings: ConvSettings, place: Place) -> None:
        super().__init__(settings, settings.weight_shape(place.shape), place)
        self.settings = settings

    def apply_to(self, x: Tensor) -> Tensor:
        """Convolve ``x [samples, channels, height, width]``."""
        with_ = self.settings
        return conv2d(
            x, self.weight, self.bias, with_.stride, with_.padding, with_.dilation, with_.groups
        )


class Linear(Weighted):
    """All-to-all weights."""

    def __init__(self, settings: LinearSettings, place: Place) -> None:
        super().__init__(settings, (settings.size, math.prod(place.shape)), place)

    def apply_to(self, x: Tensor) -> Tensor:
        """Return W x + b of each sample, its values in one row."""
        x = x.flatten(1)
        if not torch.is_grad_enabled():
            return linear(x, self.weight, self.bias)
        out = product(x, self.weight.t())
        return out if self.bias is None else out.add_(self.bias)
