"""Losses and terms of programs; what they compute stands where the rules have it.

Of outputs ``[time, batch, classes]``: :mod:`snnrun.learning.surrogate.losses`. Of spikes
``[time, batch, ...]``: :mod:`snnrun.learning.surrogate.regularisers`. Of spike times
``[batch, classes]``: :mod:`snnrun.learning.first_spike.losses`. Of activities ``[batch, classes]``:
:mod:`snnrun.learning.sbs.losses`.
"""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from snnrun.learning.first_spike import losses as times
from snnrun.learning.first_spike import settings as times_settings
from snnrun.learning.sbs.losses import MseKl
from snnrun.learning.sbs.settings import MseKlSettings
from snnrun.learning.surrogate import losses, regularisers
from snnrun.learning.surrogate import settings as over_time
from snnrun.nn.checked import checked


class OutputsLoss(nn.Module):
    """A loss on ``outputs [time, batch, classes]`` for ``labels [batch]``."""

    def __init__(self, loss: losses.OutputsLoss, batch_first: bool) -> None:
        super().__init__()
        self._loss, self.batch_first = loss, batch_first

    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of the samples."""
        return self._loss(outputs.transpose(0, 1) if self.batch_first else outputs, labels)

    def scores(self, outputs: Tensor) -> Tensor:
        """Return what the prediction goes by, ``[batch, classes]``."""
        return self._loss.scores(outputs.transpose(0, 1) if self.batch_first else outputs)


class CrossEntropy(OutputsLoss):
    """Cross-entropy of the ``mean`` output, the ``last``, or the largest (``max``).

    Raises:
        ValueError: another word, or a number out of range.
    """

    def __init__(
        self,
        of: Literal["mean", "last", "max"] = "mean",
        *,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
        batch_first: bool = False,
    ) -> None:
        chosen = checked(
            over_time.CrossEntropySettings,
            of=of,
            label_smoothing=label_smoothing,
            class_weights=_tuple(class_weights),
        )
        super().__init__(losses.CrossEntropy(chosen), batch_first)


class TET(OutputsLoss):
    """Cross-entropy at every step, and a second term of share ``lamb``.

    With ``form="paper"`` that is the squared distance of the outputs to ``means``, with
    ``form="snetx"`` the cross-entropy of the mean output, as in snetx's ``TETLoss``. Deng et al.,
    ICLR (2022).

    Raises:
        ValueError: another word, or a number out of range.

    Example:
        >>> import torch
        >>> round(TET()(torch.zeros(4, 2, 10), torch.tensor([3, 7])).item(), 3)
        2.301
    """

    def __init__(
        self,
        form: Literal["paper", "snetx"] = "paper",
        lamb: float = 1e-3,
        means: float = 1.0,
        *,
        label_smoothing: float = 0.0,
        batch_first: bool = False,
    ) -> None:
        chosen = checked(
            over_time.TETSettings,
            form=form,
            lamb=lamb,
            means=means,
            label_smoothing=label_smoothing,
        )
        super().__init__(losses.TET(chosen), batch_first)


class RateMSE(OutputsLoss):
    """Squared distance of the mean outputs, or rates, to one rate for the true class, and another.

    Raises:
        ValueError: a number that is not finite.
    """

    def __init__(
        self, correct_rate: float = 1.0, incorrect_rate: float = 0.0, *, batch_first: bool = False
    ) -> None:
        words = {"correct_rate": correct_rate, "incorrect_rate": incorrect_rate}
        super().__init__(losses.RateMSE(checked(over_time.RateMSESettings, **words)), batch_first)


class RateBand(nn.Module):
    """Pulls firing rates of hidden neurons into a band; see the regularisers.

    Raises:
        ValueError: another word, or a number out of range.
    """

    def __init__(
        self,
        strength: float,
        lower: float = 0.0,
        upper: float = 1.0,
        *,
        over: Literal["neuron", "layer"] = "neuron",
        norm: Literal["l1", "l2"] = "l2",
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        words: dict[str, object] = {"lower": lower, "upper": upper, "over": over, "norm": norm}
        chosen = checked(over_time.RateBandSettings, strength=strength, **words)
        self._term, self.batch_first = regularisers.RateBand(chosen), batch_first

    def forward(self, *layers: Tensor) -> Tensor:
        """Return the term of the spikes ``[time, batch, ...]`` of one layer or several."""
        return self._term([each.transpose(0, 1) if self.batch_first else each for each in layers])


class TTFS(nn.Module):
    """Cross-entropy of times to first spike: that of the true class is to be the earliest.

    Args:
        xi: softness of the competition, tau_syn.
        alpha, beta: strength and time scale, tau_syn, of a pull to early spikes.
        tau_syn: the unit, in that of the times.

    A sample whose true neuron stays silent costs 100 and passes no gradient: wake it by larger
    weights. Göltz et al., Nature Machine Intelligence 3 (2021).

    Raises:
        ValueError: a number out of range.
    """

    def __init__(
        self, xi: float = 0.2, alpha: float = 0.005, beta: float = 1.0, *, tau_syn: float = 1.0
    ) -> None:
        super().__init__()
        chosen = checked(times_settings.TTFSSettings, xi=xi, alpha=alpha, beta=beta)
        self._loss = times.TTFS(chosen, tau_syn)

    def forward(self, times: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of spike times ``[batch, classes]`` for labels ``[batch]``."""
        return self._loss(times, labels)


class MSEKL(nn.Module):
    """Squared distance and divergence of Spike-By-Spike activities from the target.

    Args:
        mse, kl: weights of the two.
        reduction: ``sum`` over samples and classes, or the ``mean``.

    Raises:
        ValueError: weights below 0, or both 0; another word.
    """

    def __init__(
        self, mse: float = 0.5, kl: float = 1.0, *, reduction: Literal["sum", "mean"] = "mean"
    ) -> None:
        super().__init__()
        self._loss = MseKl(checked(MseKlSettings, mse=mse, kl=kl, reduction=reduction))

    def forward(self, activities: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of ``activities [batch, classes, ...]`` for labels ``[batch]``."""
        return self._loss(activities.flatten(1), labels, len(labels)).objective


def _tuple(weights: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if weights is None else tuple(weights)


__all__ = ["MSEKL", "TET", "TTFS", "CrossEntropy", "RateBand", "RateMSE"]
