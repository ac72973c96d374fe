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
from torch.nn import functional

from snnrun.learning.local.settings import CrossEntropySettings


class Loss(ABC):
    """A loss on ``scores [..., batch, classes]`` for ``labels [batch]``."""

    smoothing = 0.0

    def __init__(self, settings: object = None) -> None:
        self._targets = torch.empty(0)

    @abstractmethod
    def error(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return dL/dscores of every sample, as if it were alone."""

    @abstractmethod
    def samples(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of each sample as it is logged, ``[batch]``."""

    def objective(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss that is learned from, a function that torch can differentiate."""
        return self.samples(scores, labels).mean()

    def target(self, labels: Tensor, scores: Tensor) -> Tensor:
        """Return y of every sample, ``[batch, classes]``."""
        classes = scores.shape[-1]
        kept = self._targets
        if (len(kept), kept.dtype, kept.device) != (classes, scores.dtype, scores.device):
            one_hot = torch.eye(classes, dtype=scores.dtype, device=scores.device)
            self._targets = one_hot * (1 - self.smoothing) + self.smoothing / classes
        return self._targets.index_select(0, labels)


def cross_entropy(scores: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the cross-entropy of the softmax of ``scores [..., batch, classes]``, ``[batch]``."""
    every = labels.expand(scores.shape[:-1]).reshape(-1)
    found = functional.cross_entropy(
        scores.flatten(0, -2), every, reduction="none", label_smoothing=smoothing
    )
    return found.view(-1, len(labels)).mean(0)


class CrossEntropy(Loss):
    """Cross-entropy of the softmax of the scores."""

    def __init__(self, settings: CrossEntropySettings) -> None:
        super().__init__()
        self.smoothing = settings.label_smoothing

    def samples(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return -sum_k y_k log p_k."""
        return cross_entropy(scores, labels, self.smoothing)

    def error(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return p - y."""
        return scores.softmax(-1) - self.target(labels, scores)


class SquaredError(Loss):
    """Half the squared distance of the scores to the target."""

    def samples(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return half the squared distance."""
        found = 0.5 * self.error(scores, labels).pow(2).sum(-1)
        return found.view(-1, len(labels)).mean(0)

    def error(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return s - y."""
        return scores - self.target(labels, scores)


class NotebookLoss(SquaredError):
    """Learns from the squared error of rates and reports their cross-entropy.

    Rates lie in [0, 1], so the reported loss of ten classes never falls below -log(e / (e + 9)),
    which is 1.46.
    """

    def samples(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy of the scores."""
        return cross_entropy(scores, labels)

    def objective(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return the mean of half the squared distance."""
        return super().samples(scores, labels).mean()
