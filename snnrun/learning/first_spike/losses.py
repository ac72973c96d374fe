r"""Losses on the spike times of the label layer.

Times :math:`t_k` and :math:`\Delta` are in the unit of :math:`\tau_{syn}` times the settings'
numbers; :math:`y` is the true class. Per sample,

.. math::
   \text{TTFS} &= \log\sum_k e^{-t_k/(\xi\tau)} + \frac{t_y}{\xi\tau} + \alpha e^{t_y/(\beta\tau)}\\
   \text{MSE} &= \tfrac{1}{2K}\sum_k (t_k - t^{target}_k)^2\\
   \text{time-invariant MSE} &= \tfrac12\sum_k (t_k - t_y - \Delta[k\ne y])^2

and the mean over the batch is taken. A sample (MSE: a single label neuron) that lacks the spike it
is judged by costs :data:`SILENT_LOSS` and passes no gradient: waking it is the matter of weight
bumping. Göltz et al., Nature Machine Intelligence 3 (2021); the time-invariant loss: Göltz et al.,
Nature Communications 16 (2025). The code of the second paper sums the MSE over k where that of the
first takes the mean, and judges no sample with a silent label neuron: ``dialect`` says which.

Every loss also says which class the times stand for: ``scores`` are largest for that class, and
not finite where the neuron of that class did not spike.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from snnrun.learning.first_spike.settings import (
    MSESettings,
    TimeInvariantMSESettings,
    TTFSSettings,
)

SILENT_LOSS = 100.0


class TimesLoss(ABC):
    """A loss on ``times [batch, classes]`` for ``labels [batch]``."""

    @abstractmethod
    def samples(self, times: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of each sample, and whether the sample can be judged, ``[batch]``."""

    @abstractmethod
    def scores(self, times: Tensor) -> Tensor:
        """Return scores ``[batch, classes]``, largest for the class that the times stand for."""

    def __call__(self, times: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of the batch."""
        return charged(*self.samples(times, labels)).mean()


def charged(losses: Tensor, judged: Tensor) -> Tensor:
    """Return the losses ``[batch]``; a sample that cannot be judged costs SILENT_LOSS."""
    return torch.where(judged, losses, SILENT_LOSS)


def where_spiked(spiked: Tensor, times: Tensor) -> Tensor:
    """Return ``times`` with 0 in place of absent spikes, which pass no gradient."""
    return torch.where(spiked, times, 0.0)


class TTFS(TimesLoss):
    """Cross entropy of the time to first spike."""

    def __init__(self, settings: TTFSSettings, tau_syn: float) -> None:
        self.competition = settings.xi * tau_syn
        self.alpha = settings.alpha
        self.pull = settings.beta * tau_syn

    def samples(self, times: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Judge samples whose true neuron spiked; others may be silent."""
        own = times.gather(1, labels[:, None])
        judged = own.isfinite()
        potentials = where_spiked(judged, times) / -self.competition
        losses = cross_entropy(potentials, labels, reduction="none")
        if self.alpha:
            pulled = where_spiked(judged, own).squeeze(1) / self.pull
            losses = losses + self.alpha * torch.exp(pulled)
        return losses, judged.squeeze(1)

    def scores(self, times: Tensor) -> Tensor:
        """The earliest neuron wins."""
        return -times


class MSE(TimesLoss):
    """Squared distance to fixed target times."""

    def __init__(self, settings: MSESettings, tau_syn: float) -> None:
        self.correct = settings.t_correct * tau_syn
        self.wrong = settings.t_wrong * tau_syn
        self.summed = settings.dialect == "delgrad"

    def samples(self, times: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Judge single neurons, or, summed over them, samples whose neurons all spiked."""
        spiked = times.isfinite()
        target = torch.full_like(times, self.wrong).scatter(1, labels[:, None], self.correct)
        losses = 0.5 * (where_spiked(spiked, times) - target) ** 2
        if self.summed:
            return losses.sum(1), spiked.all(1)
        losses = torch.where(spiked, losses, SILENT_LOSS)
        return losses.mean(1), torch.ones_like(labels, dtype=torch.bool)

    def scores(self, times: Tensor) -> Tensor:
        """The neuron nearest to the target time of the true class wins."""
        return -(times - self.correct).abs()


class TimeInvariantMSE(TimesLoss):
    """Squared distance of the spike-time differences to a fixed lag."""

    def __init__(self, settings: TimeInvariantMSESettings, tau_syn: float) -> None:
        self.lag = settings.delta_t * tau_syn

    def samples(self, times: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Judge samples whose label neurons all spiked."""
        judged = times.isfinite().all(1)
        safe = where_spiked(judged[:, None], times)
        own = safe.gather(1, labels[:, None])
        wanted = torch.full_like(times, self.lag).scatter(1, labels[:, None], 0.0)
        return 0.5 * ((safe - own - wanted) ** 2).sum(1), judged

    def scores(self, times: Tensor) -> Tensor:
        """The first neuron wins, or the last where the others are to come before it."""
        return -times.abs() if self.lag > 0 else times.abs()
