r"""Losses of outputs :math:`o_t` at T steps; K classes, y the true one of a sample.

With the cross-entropy :math:`C(s) = -\sum_k q_k \log \mathrm{softmax}(s)_k` of scores s, where q is
1 for y and 0 elsewhere, or smoothed, the loss of a sample is

.. math::
   \text{cross-entropy} &= C(s), \quad s = \tfrac1T \sum_t o_t, \; o_T \text{ or } \max_t o_t\\
   \text{TET, paper} &= (1 - \lambda)\,\tfrac1T \sum_t C(o_t)
       + \lambda\,\tfrac{1}{TK} \sum_{t,k} (o_{t,k} - m)^2\\
   \text{TET, snetx} &= (1 - \lambda)\,\tfrac1T \sum_t C(o_t)
       + \lambda\,C\bigl(\tfrac1T \sum_t o_t\bigr)\\
   \text{rate MSE} &= \tfrac1K \sum_k \bigl(\tfrac1T \sum_t o_{t,k} - r_k\bigr)^2, \quad
       r_y \text{ correct}, \; r_{k \ne y} \text{ incorrect}

times the weight of its class. Weights are not divided by their sum, so that the gradients of parts
of a batch sum to that of the whole.
Deng et al., ICLR (2022); snetx, version 0.2.0, has the second term in a form of its own.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import functional

from snnrun.learning.surrogate.settings import (
    CrossEntropySettings,
    LossSettings,
    RateMSESettings,
    SoftmaxSettings,
    TETSettings,
)


class OutputsLoss(ABC):
    """A loss on ``outputs [time, batch, classes]`` for ``labels [batch]``."""

    def __init__(self, settings: LossSettings) -> None:
        self._weights = settings.class_weights

    @abstractmethod
    def samples(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of each sample, before its weight, ``[batch]``."""

    def scores(self, outputs: Tensor) -> Tensor:
        """Return what the prediction goes by, ``[batch, classes]``."""
        return outputs.mean(0)

    def __call__(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of the samples."""
        return self.weighted(outputs, labels).mean()

    def weighted(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of each sample, ``[batch]``."""
        losses = self.samples(outputs, labels)
        if self._weights is None:
            return losses
        return losses * losses.new_tensor(self._weights)[labels]


class SoftmaxLoss(OutputsLoss):
    """A loss with cross-entropies."""

    def __init__(self, settings: SoftmaxSettings) -> None:
        super().__init__(settings)
        self._smoothing = settings.label_smoothing

    def cross_entropies(self, scores: Tensor, labels: Tensor) -> Tensor:
        """Return C of ``scores [batch, classes]``, ``[batch]``."""
        return functional.cross_entropy(
            scores, labels, reduction="none", label_smoothing=self._smoothing
        )

    def at_every_step(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean of C over the steps, ``[batch]``."""
        each = self.cross_entropies(outputs.flatten(0, 1), labels.repeat(len(outputs)))
        return each.view(len(outputs), -1).mean(0)


class CrossEntropy(SoftmaxLoss):
    """Cross-entropy of the mean output, the last, or the largest."""

    def __init__(self, settings: CrossEntropySettings) -> None:
        super().__init__(settings)
        self._of = settings.of

    def scores(self, outputs: Tensor) -> Tensor:
        """Return what the loss is of, ``[batch, classes]``."""
        if self._of == "mean":
            return outputs.mean(0)
        return outputs[-1] if self._of == "last" else outputs.amax(0)

    def samples(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return C of the scores."""
        return self.cross_entropies(self.scores(outputs), labels)


class TET(SoftmaxLoss):
    """Temporal efficient training, in either form."""

    def __init__(self, settings: TETSettings) -> None:
        super().__init__(settings)
        self._settings = settings

    def samples(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross-entropy of the steps, and the second term."""
        lamb, found = self._settings.lamb, self.at_every_step(outputs, labels)
        if self._settings.form == "snetx":
            second = self.cross_entropies(outputs.mean(0), labels)
        else:
            second = (outputs - self._settings.means).pow(2).mean((0, 2))
        return (1 - lamb) * found + lamb * second


class RateMSE(OutputsLoss):
    """Squared distance of the mean outputs to two rates."""

    def __init__(self, settings: RateMSESettings) -> None:
        super().__init__(settings)
        self._correct, self._incorrect = settings.correct_rate, settings.incorrect_rate

    def samples(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the classes of the squared distance."""
        rates = outputs.mean(0)
        wanted = torch.full_like(rates, self._incorrect)
        wanted.scatter_(1, labels[:, None], self._correct)
        return (rates - wanted).pow(2).mean(1)
