"""Where the weights of a feed-forward network are, how far they reach, and what arrives there."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from snnrun.models.feedforward.layer_settings import Layers, Shape
from snnrun.models.feedforward.layers import shapes, spike_size, through
from snnrun.models.operations import Operations, of_input, of_spikes, of_values


class Connections(NamedTuple):
    """The weights of a layer.

    key: what the network calls the layer.
    fan_out: outputs that each input reaches; a number, or one for each row and column.
    size: what one spike is in its input, such as 1/4 behind the mean of a patch of four; None:
        the input is not made of spikes.
    decided: whether that is so whatever the network is shown; else, it holds if that is spikes.
    """

    key: str
    fan_out: Tensor | int
    size: float | None
    decided: bool

    def operations(self, x: Tensor) -> Operations:
        """Return what a batch takes, whose input at these weights is ``x [time, batch, ...]``."""
        key = "readout" if self.key.startswith("readout.") else self.key
        if self.size is None:
            return of_values(key, x, self.fan_out)
        of = of_spikes if self.decided else of_input
        return of(key, x, self.fan_out, self.size)


def all_connections(stack: Layers, readout: Layers, shape: Shape) -> list[Connections]:
    """Return those of a network for input of this shape, in the order in which they act."""
    final = through(stack, shape, "layers")
    found: list[list[Connections]] = []
    for size in (1.0, None):  # if the input is spikes, and if it is not
        behind = spike_size(stack, size, shape)
        found.append([*_of(stack, shape, "layers", size), *_of(readout, final, "readout", behind)])
    pairs = zip(*found, strict=True)
    return [each._replace(decided=each.size == other.size) for each, other in pairs]


def _of(layers: Layers, shape: Shape, key: str, size: float | None) -> Iterator[Connections]:
    for name, layer, before, _ in shapes(layers, shape, key):
        for inner, inside in layer.inside():
            yield from _of(inside, before, f"{name}.{inner}", size)
        reached = layer.fan_out(before)
        if reached is not None:
            fan_out = reached if isinstance(reached, int) else torch.tensor(reached)
            yield Connections(name, fan_out, size, True)
        size = layer.spike_size(size, before)
