"""Layers behind each other, and layers beside each other."""

from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn

from snnrun.kernels.lif.steady import is_constant, once, repeated
from snnrun.models.feedforward.layer import Layer, Place, Shown
from snnrun.models.feedforward.layer_settings import Layers
from snnrun.models.feedforward.layers import LAYERS, ResidualSettings, shapes


class Stack(nn.ModuleList):
    """Layers behind each other."""

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the output of the last for the input ``x [time, batch, ...]`` of the first."""
        for layer in cast("Iterable[Layer]", self):
            x = layer(x, shown)
        return x


def build_stack(layers: Layers, place: Place) -> Stack:
    """Return layers with weights drawn from the generator of ``place``, whose name is their key."""
    built = Stack()
    for name, layer, before, _ in shapes(layers, place.shape, place.name):
        build = LAYERS.entry_of(layer).load()
        built.append(build(layer, place._replace(name=name, shape=before)))
    return built


class Residual(Layer):
    """A body and a way around it."""

    def __init__(self, settings: ResidualSettings, place: Place) -> None:
        super().__init__()
        self.combine = settings.combine
        self.body, self.shortcut = (
            build_stack(layers, place._replace(name=f"{place.name}.{key}"))
            for key, layers in settings.inside()
        )

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return what body and shortcut make of ``x [time, batch, ...]`` together."""
        body, around = self.body(x, shown), self.shortcut(x, shown)
        if is_constant(body) and is_constant(around):
            return repeated(self._together(once(body), once(around)), len(body))
        return self._together(body, around)

    def _together(self, body: Tensor, around: Tensor) -> Tensor:
        if self.combine == "and":
            return body * around
        if self.combine == "iand":
            return (1 - body) * around
        return body + around
