r"""Synapses between images ``[channel, height, width]``, in windows: the readable twin.

.. math:: I_{o,yx} = \sum_{c,u,v} w_{o,cuv}\; s_{c,\,y s + u - p,\,x s + v - p}

with stride s and padding p: a correlation, as ``torch.nn.functional.conv2d`` has it. ``Conv2d``
shares w between places yx; ``Local`` has one for each place.
"""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.shapes import image, windowed


class Windows(Weighted):
    """Synapses from windows of one image to the places of another.

    Args:
        pre, post: shapes of the groups; post is ``[filters, height, width]``.
        kernel, stride, padding: of the windows.
        options: see :class:`.connections.Connection`.

    Raises:
        ValueError: post is not what the windows give.
    """

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        kernel: int,
        stride: int = 1,
        padding: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(pre, post, **options)
        self.kernel, self.stride, self.padding = kernel, stride, padding
        self.channels = image(pre)[0]
        expected = windowed(pre, post[0], kernel, stride, padding)
        if tuple(post) != expected:
            raise ValueError(f"expected post of shape {list(expected)}, got {list(post)}")
        self.filters, self.places = post[0], post[1] * post[2]
        self.inputs = self.channels * kernel * kernel

    def seen(self, values: Tensor) -> Tensor:
        """Return the windows, ``[batch, channels * kernel * kernel, places]``."""
        images = values.view(len(values), *image(self.pre))
        return functional.unfold(images, self.kernel, padding=self.padding, stride=self.stride)

    @abstractmethod
    def project(self, weight: Tensor, spikes: Tensor) -> Tensor:
        """Return the input ``[batch, *post]`` that spikes ``[batch, *pre]`` bring by weights."""


class Conv2d(Windows):
    """Filters that are the same at all places, ``weight [filters, channels, kernel, kernel]``."""

    def __init__(self, pre: tuple[int, ...], post: tuple[int, ...], **options: Any) -> None:
        super().__init__(pre, post, **options)
        shape = (self.filters, self.channels, self.kernel, self.kernel)
        self.weight = nn.Parameter(torch.zeros(shape), requires_grad=False)

    def project(self, weight: Tensor, spikes: Tensor) -> Tensor:
        """Return the convolution."""
        images = spikes.view(len(spikes), *image(self.pre))
        return functional.conv2d(images, weight, stride=self.stride, padding=self.padding)

    def grid(self, values: Tensor) -> Tensor:
        """Return ``[filters, inputs of a filter, 1]``."""
        return values.flatten(1)[..., None]

    def gathered(self, values: Tensor) -> Tensor:
        """Return the sum over places."""
        return values.sum(2).view_as(self.weight)


class Local(Windows):
    """Filters of each place, ``weight [filters * places, channels * kernel * kernel]``.

    So each row has the synapses of one neuron of post.
    """

    def __init__(self, pre: tuple[int, ...], post: tuple[int, ...], **options: Any) -> None:
        super().__init__(pre, post, **options)
        shape = (self.filters * self.places, self.inputs)
        self.weight = nn.Parameter(torch.zeros(shape), requires_grad=False)

    def project(self, weight: Tensor, spikes: Tensor) -> Tensor:
        """Return what each place sees, times its weights."""
        found = torch.einsum("okl,bkl->bol", self.grid(weight), self.seen(spikes))
        return found.reshape(len(spikes), *self.post)

    def pairs(self, after: Tensor, before: Tensor) -> Tensor:
        """Return products of ``[batch, O, L]`` and ``[batch, K, L]``, summed over the batch."""
        return torch.einsum("bol,bkl->olk", after, before).reshape(self.weight.shape)

    def grid(self, values: Tensor) -> Tensor:
        """Return ``[filters, inputs of a filter, places]``."""
        return values.view(self.filters, self.places, self.inputs).transpose(1, 2)

    def gathered(self, values: Tensor) -> Tensor:
        """Return the values: places share nothing."""
        return values.transpose(1, 2).reshape(self.weight.shape)
