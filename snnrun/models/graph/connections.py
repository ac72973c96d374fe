"""Synapses between two groups: what arrives, and what that brings; the readable twin.

Spikes take ``delay`` steps: those of step t arrive at step t + delay, all of them, however close
they follow each other. A delay of 0 is within the step, so the first group steps before the second.
Weights are ``[post, pre]``.
"""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

Bounds = tuple[float | None, float | None]


class Connection(nn.Module, ABC):
    """Synapses from one group to another.

    Args:
        pre, post: shapes of the groups.
        delay: steps from a spike to its arrival.
        bounds: of the weights, kept after every change; None: none.
        norm: what the sum over the synapses of each neuron of post is brought to; None: nothing.
        squares: whether that is the root of the sum of squares; else the sum of magnitudes.
    """

    weight: nn.Parameter

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        delay: int = 0,
        bounds: Bounds = (None, None),
        norm: float | None = None,
        squares: bool = False,
    ) -> None:
        super().__init__()
        self.pre, self.post, self.delay = tuple(pre), tuple(post), delay
        self.bounds, self.norm, self.squares = bounds, norm, squares

    @property
    def longest(self) -> int:
        """The longest delay, steps."""
        return self.delay

    @abstractmethod
    def forward(self, spikes: Tensor) -> Tensor:
        """Return the input ``[batch, *post]`` that arriving spikes ``[batch, *pre]`` bring."""

    def summed(self, x: Tensor) -> Tensor:
        """Return the sum of ``x [batch, *pre]`` over the synapses of each neuron, unweighted."""
        sums: Tensor = functional_call(self, {"weight": torch.ones_like(self.weight)}, (x,))
        return sums

    @torch.no_grad()
    def change(self, by: Tensor) -> None:
        """Add to the weights, within their bounds."""
        self.weight.copy_(self.within(self.weight + by))

    def within(self, weight: Tensor) -> Tensor:
        """Return weights within their bounds."""
        low, high = self.bounds
        return weight if low is None and high is None else weight.clamp(low, high)

    @torch.no_grad()
    def normalise(self) -> None:
        """Bring the synapses of each neuron of post to their sum; those of 0 stay."""
        if self.norm is not None:
            self.weight.mul_(self.factors().view(-1, *[1] * (self.weight.dim() - 1)))

    def factors(self) -> Tensor:
        """Return the factor ``[post]`` for the synapses of each neuron of post."""
        assert self.norm is not None
        rows = self.weight.flatten(1)
        total = rows.square().sum(1).sqrt() if self.squares else rows.abs().sum(1)
        return self.norm / torch.where(total == 0, torch.ones_like(total), total)


class Dense(Connection):
    """All-to-all synapses, ``weight [post, pre]``; groups of more axes count flat.

    ready: of each neuron of post, bit 0: its synapses are normalised, and have not changed since;
        bit 1: some are beyond their bounds, to which they are brought at the next change.
    """

    ready: Tensor

    def __init__(self, pre: tuple[int, ...], post: tuple[int, ...], **options: object) -> None:
        super().__init__(pre, post, **options)  # type: ignore[arg-type]
        self.weight = nn.Parameter(torch.zeros(_size(post), _size(pre)), requires_grad=False)
        self.register_buffer("ready", torch.zeros(_size(post), dtype=torch.uint8))

    @torch.no_grad()
    def change(self, by: Tensor) -> None:
        """Add to the weights, within their bounds."""
        new = self.within(self.weight + by)
        self.ready[(new != self.weight).any(1)] = 0
        self.weight.copy_(new)

    @torch.no_grad()
    def normalise(self) -> None:
        """Bring the synapses of each neuron of post to their sum, if they are not there."""
        if self.norm is None:
            return
        rows = (self.ready & 1) == 0
        self.weight[rows] *= self.factors()[rows, None]
        self.mark(rows)

    @torch.no_grad()
    def mark(self, rows: Tensor) -> None:
        """Say of rows that they are normalised, and which of them are beyond their bounds."""
        beyond = (self.within(self.weight[rows]) != self.weight[rows]).any(1)
        self.ready[rows] = beyond.to(torch.uint8) * 2 + int(self.norm is not None)

    def forward(self, spikes: Tensor) -> Tensor:
        """Return W s."""
        return (spikes.flatten(1) @ self.weight.t()).view(len(spikes), *self.post)


class Single(Connection):
    """Synapses that share one weight ``[1]``."""

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        kind: Literal["one_to_one", "all_but_self"],
        weight: float = 1.0,
        **options: object,
    ) -> None:
        super().__init__(pre, post, **options)  # type: ignore[arg-type]
        if _size(pre) != _size(post):
            raise ValueError(f"{kind}: expected groups of one size, got {pre} and {post}")
        self.kind = kind
        self.weight = nn.Parameter(torch.tensor([float(weight)]), requires_grad=False)

    def forward(self, spikes: Tensor) -> Tensor:
        """Return the spike of the same place, or the number of all others, times the weight."""
        flat = spikes.flatten(1)
        seen = flat if self.kind == "one_to_one" else flat.sum(1, keepdim=True) - flat
        return (self.weight * seen).view(len(spikes), *self.post)


def _size(shape: tuple[int, ...]) -> int:
    return torch.Size(shape).numel()
