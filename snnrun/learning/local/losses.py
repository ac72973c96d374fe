r"""Losses on scores, with their errors dL/dscores written out; K classes, y the target.

.. math::
   \text{cross-entropy} = -\sum_k y_k \log p_k, \quad e = p - y, \quad p = \mathrm{softmax}(s)\\
   \text{squared error} = \tfrac12 \sum_k (s_k - y_k)^2, \quad e = s - y

y is 1 for the true class and 0 elsewhere; label smoothing gives a share of it to all classes in
equal parts. Scores are ``[..., batch, classes]``; losses are means over all but the last axis.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from snnrun.learning.local.settings import CrossEntropySettings


class Loss(ABC):
    """A loss on ``scores [..., batch, classes]`` for ``labels [batch]``."""

    smoothing = 0.0

    def target(self, labels: Tensor, scores: Tensor) -> Tensor:
        """Return what the scores are to be, ``[batch, classes]``."""
        classes = scores.shape[-1]
        wanted = one_hot(labels, classes).to(scores.dtype)
        return (
            wanted * (1 - self.smoothing) + self.smoothing / classes if self.smoothing else wanted
        )

    @abstractmethod
    def objective(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the mean loss, a function that torch can differentiate."""

    @abstractmethod
    def error(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return dL/dscores of every sample, as if it were alone."""

    def report(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the mean loss as it is logged."""
        return self.objective(scores, target)


class CrossEntropy(Loss):
    """Cross-entropy of the softmax of the scores."""

    def __init__(self, settings: CrossEntropySettings) -> None:
        self.smoothing = settings.label_smoothing

    def objective(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the mean of -sum_k y_k log p_k."""
        return -(target * scores.log_softmax(-1)).sum(-1).mean()

    def error(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return p - y."""
        return scores.softmax(-1) - target


class SquaredError(Loss):
    """Half the squared distance of the scores to the target."""

    def __init__(self, settings: object) -> None:
        pass

    def objective(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the mean of half the squared distance."""
        return 0.5 * (scores - target).pow(2).sum(-1).mean()

    def error(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return s - y."""
        return scores - target


class NotebookLoss(SquaredError):
    """Learns from the squared error of rates and reports their cross-entropy.

    Rates lie in [0, 1], so the reported loss of ten classes never falls below -log(e / (e + 9)),
    which is 1.46.
    """

    def report(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the mean cross-entropy of the scores."""
        return -(target * torch.log_softmax(scores, -1)).sum(-1).mean()
