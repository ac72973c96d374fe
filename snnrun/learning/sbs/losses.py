r"""Losses on the activities of the last layer.

With activities h, which sum to 1, and a target o, which is 1 for the true class and 0 elsewhere,

.. math::
   \text{mse\_kl} = \frac{c_{mse}\sum (h - o)^2 + c_{kl}\sum o\log\frac{o}{h}}{c_{mse}+c_{kl}}

summed over samples and classes, or the mean over both. Logarithms get 1e-20. The cross-entropy of
the softmax takes activities for potentials. A loss gives what is differentiated; what is logged
is the same for each sample.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, mse_loss, one_hot

from snnrun.learning.sbs.settings import MseKlSettings, SoftmaxSettings

TINY = 1e-20


class Judged(NamedTuple):
    """A loss to differentiate, and what to log of each sample, ``[batch]``."""

    objective: Tensor
    samples: Tensor


def indicator(labels: Tensor, like: Tensor) -> Tensor:
    """Return the target of every sample, ``[batch, classes]``."""
    return one_hot(labels, like.shape[1]).to(like.dtype)


class MseKl:
    """Squared distance and divergence from a target."""

    def __init__(self, settings: MseKlSettings) -> None:
        self.settings = settings

    def __call__(self, activities: Tensor, labels: Tensor, samples: int) -> Judged:
        """Judge ``activities [batch, classes]`` by ``labels [batch]``; ``samples`` are in all."""
        return self.judge(activities, indicator(labels, activities), samples)

    def judge(self, activities: Tensor, target: Tensor, samples: int) -> Judged:
        """Judge activities by a target of the same shape, ``[batch, ...]``."""
        chosen = self.settings
        distance = mse_loss(activities, target, reduction="none").flatten(1).sum(1)
        divergence = kl_div(torch.log(activities + TINY), target + TINY, reduction="none")
        both = chosen.mse * distance + chosen.kl * divergence.flatten(1).sum(1)
        each = both / (chosen.mse + chosen.kl)
        if chosen.reduction == "mean":
            each = each / (activities.numel() // len(activities))
            return Judged(each.sum() / samples, each.detach())
        return Judged(each.sum(), each.detach())


class SoftmaxCrossEntropy:
    """Cross-entropy of the softmax of the activities."""

    def __init__(self, settings: SoftmaxSettings) -> None:
        self.settings = settings

    def __call__(self, activities: Tensor, labels: Tensor, samples: int) -> Judged:
        """Judge ``activities [batch, classes]`` by ``labels [batch]``; ``samples`` are in all."""
        each = cross_entropy(activities, labels, reduction="none")
        return Judged(each.sum() / samples, each.detach())
