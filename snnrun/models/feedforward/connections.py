"""Weights of a feed-forward network. They are made in float64; ``.to(float32)`` rounds once."""

import math
from abc import abstractmethod
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear
from torch.nn.grad import conv2d_input, conv2d_weight

from snnrun.kernels.lif.spike_product import FEW, product
from snnrun.models.feedforward.layer import Place, Shown, Stateless
from snnrun.models.feedforward.layer_settings import Shape
from snnrun.models.feedforward.online import by_trace
from snnrun.models.feedforward.weights import ConvSettings, LinearSettings, WeightsSettings
from snnrun.models.quantised import quantised


class Weighted(Stateless):
    """Weights ``[outputs, inputs, ...]`` and, maybe, a bias ``[outputs]``."""

    bias: Tensor | None

    def __init__(self, settings: WeightsSettings, shape: Shape, place: Place) -> None:
        super().__init__()
        self.key = place.name
        self.bits = place.bits if settings.bits is None else settings.bits
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

    @property
    def acting(self) -> Tensor:
        """The weights as they act, of few bits if the settings say so."""
        return quantised(self.weight, self.bits)

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the output ``[time, batch, ...]``; where nothing is learned, the record gets x."""
        if shown.membranes:
            shown.record.received[self.key] = x
        if shown.carried is None:
            return super().forward(x, shown)
        step = x.flatten(0, 1)
        trace = shown.carried.trace(self.key, step)
        return by_trace(self, step, self.acting, self.bias, trace)[None]

    def apply_to(self, x: Tensor) -> Tensor:
        """Return the output of ``x [samples, ...]``."""
        return self.times(x, self.acting, self.bias)

    @abstractmethod
    def times(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the output of ``x [samples, ...]`` for other weights."""

    @abstractmethod
    def on_input(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on x, given that on the output."""

    @abstractmethod
    def on_weight(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on the weights, given that on the output for x."""


def _uniform(shape: Shape, inputs: int, place: Place) -> Tensor:
    drawn = torch.rand(shape, generator=place.generator, dtype=torch.float64)
    return (2 * drawn - 1) / math.sqrt(inputs)


class Conv(Weighted):
    """A convolution."""

    def __init__(self, settings: ConvSettings, place: Place) -> None:
        super().__init__(settings, settings.weight_shape(place.shape), place)
        self.settings = settings
        self._how = settings.stride, settings.padding, settings.dilation, settings.groups

    def times(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve ``x [samples, channels, height, width]``."""
        return conv2d(x, weight, bias, *self._how)

    def on_input(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on x."""
        found = conv2d_input(x.shape, weight, upstream, *self._how)  # type: ignore[no-untyped-call]
        return cast("Tensor", found)

    def on_weight(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on the kernels."""
        found = conv2d_weight(x, weight.shape, upstream, *self._how)  # type: ignore[no-untyped-call]
        return cast("Tensor", found)


class Linear(Weighted):
    """All-to-all weights."""

    def __init__(self, settings: LinearSettings, place: Place) -> None:
        super().__init__(settings, (settings.size, math.prod(place.shape)), place)

    def times(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return W x + b of each sample, its values in one row."""
        x = x.flatten(1)
        if len(weight) >= FEW and not torch.is_grad_enabled():
            return linear(x, weight, bias)
        out = product(x, weight.t())
        return out if bias is None else out.add_(bias)

    def on_input(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on x."""
        return (upstream @ weight).view_as(x)

    def on_weight(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on W."""
        return upstream.T @ x.flatten(1)
