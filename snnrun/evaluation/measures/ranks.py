"""At which place the true class comes, if classes are sorted by their scores."""

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome


class Ranks(Measure):
    """Keeps

    counts: int64 ``[1 + classes]``, samples whose true class has the largest score, the second
        largest, ...; last, those in which its score is not finite. The top-k accuracy is the share
        of the first k.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.counts = np.zeros(1 + len(subject.experiment.data.classes), np.int64)

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        scores = outcome.scores
        if scores is None or scores.shape[1] != len(self.counts) - 1:  # a reconstruction
            return
        found = ranks(scores, batch.targets).cpu().numpy()
        self.counts += np.bincount(found, minlength=len(self.counts))

    def arrays(self) -> Arrays:
        """Return them; nothing where there are no scores."""
        return {"counts": self.counts} if self.counts.any() else {}


def ranks(scores: Tensor, targets: Tensor) -> Tensor:
    """Return how many classes come before the true one, ``[batch]``; all, if it has no score.

    Of equal scores, that of the first class comes first.

    Example:
        >>> ranks(torch.tensor([[0.1, 0.7, 0.7], [0.2, -torch.inf, 0.5]]), torch.tensor([2, 1]))
        tensor([1, 3])
    """
    true = scores.gather(1, targets[:, None])
    earlier = torch.arange(scores.shape[1], device=scores.device) < targets[:, None]
    before = (scores > true) | ((scores == true) & earlier)
    return torch.where(true[:, 0].isfinite(), before.sum(1), scores.shape[1])
