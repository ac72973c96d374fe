"""What a learning rule reports of one batch."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Outcome:
    """Loss, scores and statistics of a batch.

    loss: scalar, the mean over the batch.
    scores: ``[batch, classes]``; see :func:`predictions`.
    statistics: further numbers to log, each a mean over the batch.
    """

    loss: Tensor
    scores: Tensor
    statistics: dict[str, float] = field(default_factory=dict)


def predictions(scores: Tensor) -> Tensor:
    """Return the class with the largest score, ``[batch]``; -1 where that score is not finite.

    Example:
        >>> never = float("inf")
        >>> predictions(-torch.tensor([[1.2, 0.7], [never, never]]))
        tensor([ 1, -1])
    """
    best, classes = scores.max(1)
    return torch.where(best.isfinite(), classes, -1)
