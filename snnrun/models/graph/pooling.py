"""Pooling of spikes: a neuron gets a spike if any neuron of its window spikes.

With it may come a trace: that of the first neuron of the window that spikes, row by row, or of the
first of all where none does. A :class:`.relay.Relay` takes both as its own.
"""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnrun.models.graph.connections import Connection
from snnrun.models.graph.group import Group
from snnrun.models.graph.shapes import image


class Pool(Connection):
    """Windows of images, whose spikes are worth one weight ``[1]``.

    Args:
        pre, post: shapes of the groups, ``[channel, height, width]``.
        weight: of a spike.
        options: see :class:`.connections.Connection`.
    """

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        weight: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(pre, post, **options)
        self.weight = nn.Parameter(torch.tensor([float(weight)]), requires_grad=False)

    @abstractmethod
    def windows(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest value of each window, and the place in the image of the first."""

    def forward(self, spikes: Tensor) -> Tensor:
        """Return a spike, times the weight, where any neuron of the window spikes."""
        largest, _ = self.windows(self._images(spikes))
        return self.weight * largest.view(len(spikes), *self.post)

    def carried(self, pre: Group, late: int = 0) -> Tensor | None:
        """Return the traces ``[batch, *post]`` of the winners; None where pre has no trace.

        Winners are those of the spikes that arrive; traces are those of now.
        """
        if pre.trace is None:
            return None
        _, places = self.windows(self._images(pre.spikes_before(self.delay - late)))
        traces = self._images(pre.trace).flatten(2).gather(2, places.flatten(2))
        return traces.view(len(traces), *self.post)

    def _images(self, values: Tensor) -> Tensor:
        return values.view(len(values), *image(self.pre))


class MaxPool2d(Pool):
    """Windows of one size.

    Args:
        pre, post, pool: see :class:`Pool`.
        kernel, stride: of the windows.
    """

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        kernel: int,
        stride: int | None = None,
        **pool: Any,
    ) -> None:
        super().__init__(pre, post, **pool)
        self.kernel, self.stride = kernel, stride or kernel

    def windows(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest value of each window, and the place in the image of the first."""
        return functional.max_pool2d(images, self.kernel, self.stride, return_indices=True)


class AdaptiveMaxPool2d(Pool):
    """As many windows as post has places; those of an uneven share overlap."""

    def windows(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the largest value of each window, and the place in the image of the first."""
        height, width = self.post[-2:]
        return functional.adaptive_max_pool2d(images, (height, width), return_indices=True)
