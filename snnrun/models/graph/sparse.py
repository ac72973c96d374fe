"""Synapses of which only a share exists: a mask that learning and normalisation keep."""

from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.connections import Dense


class Sparse(Dense):
    """Synapses ``weight [post, pre]`` that exist where ``mask`` is true; elsewhere weights are 0.

    Args:
        pre, post, options: see :class:`.connections.Connection`.
        mask: which exist, ``[post, pre]``.
    """

    mask: Tensor

    def __init__(
        self, pre: tuple[int, ...], post: tuple[int, ...], *, mask: Tensor, **options: Any
    ) -> None:
        super().__init__(pre, post, **options)
        if mask.shape != self.weight.shape:
            raise ValueError(
                f"mask: expected {list(self.weight.shape)}, got {list(mask.shape)} (post, pre)"
            )
        self.register_buffer("mask", mask)

    def within(self, weight: Tensor) -> Tensor:
        """Return weights within their bounds, and 0 where there is no synapse."""
        return self.placed(super().within(weight))

    def summed(self, x: Tensor) -> Tensor:
        """Return the sum of ``x [batch, *pre]`` over the synapses that exist, unweighted."""
        sums = x.flatten(1) @ self.mask.to(x).t()
        return sums.view(len(x), *self.post)

    def placed(self, weight: Tensor) -> Tensor:
        """Return weights, and 0 where there is no synapse."""
        return weight * self.mask

    @torch.no_grad()
    def mark(self, rows: Tensor) -> None:
        """Say that no row is known to be normalised, or within its bounds."""
        self.ready[rows] = 0
