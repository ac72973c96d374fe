r"""Weights that act with few bits, and learn as if they did not.

With n bits, the weights W of a layer act as multiples of one step,

.. math:: \Delta = \frac{\max |W|}{2^{n-1} - 1}, \qquad Q(W) = \Delta\,\mathrm{round}(W / \Delta),

so there are :math:`2^n - 1` values, as many below 0 as above, and no weight lies outside of them.
Backward, :math:`\partial Q / \partial W` is taken for 1: the straight-through estimator. What
learns and is saved is W. Symmetric, with a scale for each tensor: Krishnamoorthi, Quantizing deep
convolutional networks for efficient inference, arXiv:1806.08342 (2018).
"""

from typing import Any, cast

import torch
from torch import Tensor

FULL = 32  #: bits of weights that act as they are


def quantised(weights: Tensor, bits: int | None) -> Tensor:
    """Return weights as they act.

    Args:
        weights: of a layer, of any shape.
        bits: 2 and more; None, or 32: as they are.

    Example:
        >>> quantised(torch.tensor([0.9, -0.2, 0.5, 0.4]), 2)
        tensor([0.9000, -0.0000, 0.9000, 0.0000])
    """
    if bits is None or bits >= FULL:
        return weights
    return cast("Tensor", _StraightThrough.apply(weights, bits))  # type: ignore[no-untyped-call]


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, bits: int) -> Tensor:
        levels = 2 ** (bits - 1) - 1
        step = weights.abs().amax() / levels
        if not step > 0:  # all are 0, or one is no number
            return weights.clone()
        rounded: Tensor = (weights / step).round_()
        return rounded.mul_(step)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        return upstream, None
