"""A LIF layer as a user of torch writes it: a loop over the steps that torch differentiates.

Hard reset to 0, membrane decay 0.5, threshold 1, arctan surrogate 1 / (1 + (pi u)^2), through the
reset too.
"""

from typing import Any

import torch
from torch import Tensor


class Spike(torch.autograd.Function):
    """A step and its surrogate derivative."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor) -> Tensor:
        """Return 1 where the threshold is reached."""
        ctx.save_for_backward(distance)
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        """Pass the derivative of an arc tangent."""
        (distance,) = ctx.saved_tensors
        return upstream / (1 + (torch.pi * distance) ** 2)


def unbind(x: Tensor) -> Tensor:
    """Return the spikes for ``x [time, batch, neurons]``."""
    membrane, spikes = torch.zeros_like(x[0]), []
    for each in x.unbind(0):
        membrane = 0.5 * membrane + each
        spikes.append(Spike.apply(membrane - 1.0))
        membrane = membrane * (1 - spikes[-1])
    return torch.stack(spikes)
