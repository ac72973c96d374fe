"""From values to spikes: the codes of :mod:`snnrun.encoders`, as functions on tensors of any rank.

::

    repeat             [batch, ...] -> [time, batch, ...]  the values at every step, without a copy
    poisson            [batch, ...] -> [time, batch, ...]  random spikes
    poisson_intervals  [batch, ...] -> [time, batch, ...]  random spikes, as in PySNN and BindsNET
    latency_steps      [batch, ...] -> [time, batch, ...]  one spike each, large values first
    rank_order         [batch, ...] -> [time, batch, ...]  one spike each, in order of the values
    delta              [time, batch, ...] -> the same      spikes where values change
    latency            [...] -> [...]                      one spike time each, no steps

Each takes ``batch_first=True`` for ``[batch, time, ...]``, but latency, which knows no steps.
Values are in [0, 1], save those of repeat and delta.
"""

from typing import Literal

import torch
from torch import Generator, Tensor

from snnrun.core.random import Random
from snnrun.encoders.delta import Delta
from snnrun.encoders.latency import Latency
from snnrun.encoders.latency_steps import LatencySteps
from snnrun.encoders.poisson_intervals import PoissonIntervals
from snnrun.encoders.rank_order import RankOrder
from snnrun.encoders.settings import DeltaSettings, LatencySettings, SteppedSettings
from snnrun.encoders.train_settings import (
    LatencyStepsSettings,
    PoissonIntervalsSettings,
    RankOrderSettings,
)
from snnrun.kernels.lif.steady import repeated
from snnrun.nn.checked import checked


def repeat(x: Tensor, steps: int, *, batch_first: bool = False) -> Tensor:
    """Return the values at every step; the stride over time is 0, and the gradient is the sum.

    Raises:
        ValueError: no steps.

    Example:
        >>> repeat(torch.ones(2, 3), 4).shape, repeat(torch.ones(2, 3), 4, batch_first=True).shape
        (torch.Size([4, 2, 3]), torch.Size([2, 4, 3]))
    """
    checked(SteppedSettings, steps=steps)
    return _laid(repeated(x, steps), batch_first)


class Repeat(torch.nn.Module):
    """:func:`repeat` as a module; snetx calls it ``DirectEncoder``."""

    def __init__(self, steps: int, *, batch_first: bool = False) -> None:
        super().__init__()
        checked(SteppedSettings, steps=steps)
        self.steps, self.batch_first = steps, batch_first

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x [batch, ...]`` at every step."""
        return repeat(x, self.steps, batch_first=self.batch_first)


def poisson(
    x: Tensor, steps: int, *, generator: Generator | None = None, batch_first: bool = False
) -> Tensor:
    """Return random spikes: 1 with the probability that a value gives, at each step anew.

    Args:
        x: probabilities ``[batch, ...]``; no gradient.
        steps: how many.
        generator: what a seed is drawn from; None: torch's own.
        batch_first: return ``[batch, time, ...]``.

    Raises:
        ValueError: no steps.

    Example:
        >>> poisson(torch.tensor([[0.0, 1.0]]), 3).squeeze(1).tolist()
        [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    """
    checked(SteppedSettings, steps=steps)
    spikes = _fresh(len(x), generator).bernoulli("input spikes", x.reshape(len(x), -1), steps)
    return _laid(spikes.view(steps, *x.shape), batch_first)


def poisson_intervals(
    x: Tensor,
    steps: int,
    *,
    max_rate: float = 128.0,
    dt: float = 1.0,
    generator: Generator | None = None,
    batch_first: bool = False,
) -> Tensor:
    """Return random spikes at intervals that are Poisson numbers of steps, 0 counting as 1.

    Args:
        x: values in [0, 1], ``[batch, ...]``; no gradient.
        steps: how many.
        max_rate: rate of the value 1, Hz.
        dt: length of a step, ms.
        generator: what a seed is drawn from; None: torch's own.
        batch_first: return ``[batch, time, ...]``.

    Raises:
        ValueError: no steps, or a rate above one spike a step.

    Example:
        >>> spikes = poisson_intervals(torch.tensor([[0.0, 1.0]]), 1000, max_rate=100.0)
        >>> spikes.shape, [80 < each < 120 for each in spikes.sum(0).flatten().tolist()]
        (torch.Size([1000, 1, 2]), [False, True])
    """
    words = {"steps": steps, "max_rate": max_rate, "dt": dt}
    code = PoissonIntervals(checked(PoissonIntervalsSettings, **words))
    spikes = code(code.prepare(x.reshape(len(x), -1)), _fresh(len(x), generator))
    return _laid(spikes.dense(x).view(steps, *x.shape), batch_first)


def rank_order(
    x: Tensor,
    steps: int,
    *,
    spacing: Literal["reciprocal", "even"] = "reciprocal",
    batch_first: bool = False,
) -> Tensor:
    """Return one spike for each value above 0, in the order of the values of a sample.

    Args:
        x: values of 0 and more, ``[batch, ...]``.
        steps: how many.
        spacing: reciprocal: times go with 1 / value; even: with the rank alone.
        batch_first: return ``[batch, time, ...]``.

    Raises:
        ValueError: no steps, or another word.

    Example:
        >>> rank_order(torch.tensor([[0.5, 1.0, 0.0]]), 2).squeeze(1).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    code = RankOrder(checked(RankOrderSettings, steps=steps, spacing=spacing))
    spikes = code(code.prepare(x.reshape(len(x), -1)), Random.fresh(len(x)))
    return _laid(spikes.view(steps, *x.shape), batch_first)


def latency_steps(
    x: Tensor,
    steps: int,
    *,
    first: Literal["high", "low"] = "high",
    background: Literal["silent", "spike"] = "silent",
    batch_first: bool = False,
) -> Tensor:
    """Return one spike for each value, in step round((1 - v) (steps - 1)), or the reverse.

    Args:
        x: values in [0, 1], ``[batch, ...]``.
        steps: how many.
        first: which values spike early.
        background: what the value 0 does.
        batch_first: return ``[batch, time, ...]``.

    Raises:
        ValueError: no steps, or another word.

    Example:
        >>> latency_steps(torch.tensor([[1.0, 0.5, 0.0]]), 3).squeeze(1).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    words = {"steps": steps, "first": first, "background": background}
    code = LatencySteps(checked(LatencyStepsSettings, **words))
    spikes = code(code.prepare(x.reshape(1, -1)), Random.fresh(1))
    return _laid(spikes.view(steps, *x.shape), batch_first)


def latency(
    x: Tensor,
    *,
    early: float = 0.15,
    late: float = 2.0,
    first: Literal["low", "high"] = "low",
    background: Literal["spike", "silent"] = "spike",
) -> Tensor:
    """Return a spike time for each value, of the same shape; inf: no spike.

    Args:
        x: values in [0, 1].
        early, late: when 0 and 1 spike, in tau_syn.
        first: which values spike early.
        background: what the value that is due at ``late`` does.

    Raises:
        ValueError: late is not after early, or another word.

    Example:
        >>> latency(torch.tensor([0.0, 0.25, 1.0]), early=0.5, late=2.5)
        tensor([0.5000, 1.0000, 2.5000])
    """
    words = {"early": early, "late": late, "first": first, "background": background}
    code = Latency(checked(LatencySettings, **words))
    return code.prepare(x.reshape(1, -1)).view(x.shape)


def delta(
    x: Tensor,
    *,
    threshold: float = 0.1,
    off: Literal["none", "negative", "channels"] = "none",
    first: Literal["zero", "same"] = "zero",
    batch_first: bool = False,
) -> Tensor:
    """Return spikes where a value changes from one step to the next by a threshold.

    Args:
        x: values ``[time, batch, channels, ...]``.
        threshold: the change.
        off: what a fall makes: nothing, -1, or a spike in a channel of its own, behind all others.
        first: what comes before the first step: zero, or the same.
        batch_first: x and spikes are ``[batch, time, channels, ...]``.

    Raises:
        ValueError: a threshold that is not positive, or another word; x without channels.

    Example:
        >>> x = torch.tensor([0.5, 0.7, 0.25])[:, None, None]
        >>> delta(x, threshold=0.25, off="negative").flatten()
        tensor([ 1.,  0., -1.])
    """
    if x.dim() < 3:
        raise ValueError(f"x: expected time, batch and channels, got {list(x.shape)}")
    code = Delta(checked(DeltaSettings, threshold=threshold, off=off, first=first))
    values = x if batch_first else x.transpose(0, 1)
    batch, time, channels, *rest = values.shape
    spikes = code.prepare(values.reshape(batch, time, channels, -1)).view(batch, time, -1, *rest)
    return spikes if batch_first else spikes.transpose(0, 1)


def _laid(x: Tensor, batch_first: bool) -> Tensor:
    return x.transpose(0, 1) if batch_first else x


def _fresh(samples: int, generator: Generator | None) -> Random:
    if generator is None:
        return Random.fresh(samples)
    drawn = int(torch.randint(2**62, (), generator=generator))
    return Random(drawn, "fresh", 0, 0, Random.fresh(samples).samples)
