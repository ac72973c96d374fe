"""What a learning rule reports of one batch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor


@dataclass
class Outcome:
    """Loss, scores and statistics of a batch.

    loss: scalar, the mean over the batch; of an evaluation ``[batch]``, that of each sample, whose
        sum depends on no batch; None for a rule without one.
    scores: ``[batch, classes]``, see :func:`predictions`; None where samples have no class.
    statistics: further numbers to log, each a mean over the batch, or a share of it.
    sums: numbers that decide something, float64, those that the rule's ``sums()`` named; they are
        summed over the batches of an update and over processes. Each is made when it is needed.
    largest: the same for ``largest()``: the largest of each number counts.
    """

    loss: Tensor | None
    scores: Tensor | None
    statistics: dict[str, float] = field(default_factory=dict)
    sums: dict[str, Callable[[], Tensor]] = field(default_factory=dict)
    largest: dict[str, Callable[[], Tensor]] = field(default_factory=dict)


class Totals:
    """What the batches of an update, in all processes, come to.

    Args:
        samples: how many samples there were.
        sums, largest: what the outcomes reported, float64.
        processes: how many processes took part.
    """

    def __init__(
        self,
        samples: int,
        sums: Mapping[str, Callable[[], Tensor]],
        largest: Mapping[str, Callable[[], Tensor]],
        processes: int = 1,
    ) -> None:
        self.samples, self.processes = samples, processes
        self._sums, self._largest = sums, largest

    def sum(self, name: str) -> Tensor:
        """Return a sum."""
        return self._sums[name]()

    def largest(self, name: str) -> Tensor:
        """Return the largest of each number."""
        return self._largest[name]()


def right(scores: Tensor, targets: Tensor) -> int:
    """Return how many samples are classified right: how many :func:`predictions` are true.

    Example:
        >>> right(torch.tensor([[1.2, 0.7], [0.1, 0.4]]), torch.tensor([1, 1]))
        1
    """
    # On small arrays, numpy takes a third of the time of torch.
    wide = scores.float() if scores.dtype.itemsize < 4 else scores  # numpy has no bfloat16
    ready, true = wide.numpy(force=True), targets.numpy(force=True)
    found = ready.argmax(1) == true
    return int(np.count_nonzero(np.isfinite(ready[found, true[found]])))


def predictions(scores: Tensor) -> Tensor:
    """Return the class with the largest score, ``[batch]``; -1 where that score is not finite.

    Example:
        >>> never = float("inf")
        >>> predictions(-torch.tensor([[1.2, 0.7], [never, never]]))
        tensor([ 1, -1])
    """
    best, classes = scores.max(1)
    return torch.where(best.isfinite(), classes, -1)
