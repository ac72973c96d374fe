r"""Integrate-and-fire neurons of a graph, with the forms of their equations that are in use.

With the membrane V, rest r, decay a, gain k, input I and threshold c,

.. math::
   \text{exact:}\quad V \leftarrow a\,(V - r) + r + [\text{open}]\,k\,I \qquad
   \text{euler:}\quad V \leftarrow V + [\text{open}]\,\frac{dt}{\tau}\,(r - V + k\,I)

and :math:`S = [V \ge c]`; a spike sets V to the reset and closes the neuron for its refractory
period. ``holds``: a closed neuron does not move at all; else only its input is left out. Gerstner,
Kistler, Spiking Neuron Models (2002).
"""

import math
from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.constants import Constant, keep, kept, steps
from snnrun.models.graph.group import Group
from snnrun.models.graph.traces import TraceSettings, refuse_two_forms


class LIF(Group):
    """Leaky integrate-and-fire neurons; without a leak where ``tau`` is infinite.

    Args:
        shape, trace, dt: see :class:`~snnrun.models.graph.group.Group`.
        tau: membrane time constant, ms.
        decay: what a step leaves of the membrane; goes before tau.
        gain: factor of the input.
        rest, threshold: of the membrane.
        reset: membrane after a spike; None: the rest.
        refractory: ms for which a neuron is closed after a spike.
        holds: whether a closed neuron does not move at all.
        euler: whether steps are those of forward Euler.
        lower: the lowest membrane; None: there is none.

    Constants may be tensors that broadcast to ``shape``: one for each neuron.

    membranes: after the reset, ``[batch, *shape]``.
    left: how many steps each neuron is still closed for, ``[batch, *shape]``.
    """

    membranes: Tensor
    left: Tensor
    gain: Constant
    rest: Constant
    threshold: Constant
    reset_to: Constant
    closed_steps: Constant
    decay: Constant

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        tau: Constant = 100.0,
        decay: Constant | None = None,
        gain: Constant = 1.0,
        rest: Constant = 0.0,
        threshold: Constant = 1.0,
        reset: Constant | None = None,
        refractory: Constant = 0.0,
        holds: bool = False,
        euler: bool = False,
        lower: float | None = None,
        trace: TraceSettings | None = None,
        dt: float = 1.0,
    ) -> None:
        super().__init__(shape, trace, dt)
        self.holds, self.euler, self.lower = holds or euler, euler, lower
        self.leaks = decay is not None or not _infinite(tau)
        keep(
            self, self.shape, gain=gain, rest=rest, threshold=threshold,
            reset_to=rest if reset is None else reset, closed_steps=steps(refractory, dt),
            decay=_decay(tau, decay, dt, euler),
        )  # fmt: skip

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest."""
        super().reset(batch, like)
        self.membranes = torch.zeros_like(self.spikes) + self.rest
        self.left = torch.zeros_like(self.spikes, dtype=torch.int64)

    def spike(self, x: Tensor) -> Tensor:
        """Integrate, spike, reset."""
        self.membranes = self.integrated(self.gain * x)
        spikes = self.membranes >= self.level()
        self.left = torch.where(spikes, self.closed_steps, (self.left - 1).clamp(min=0))
        self.membranes = torch.where(spikes, self.reset_to, self.membranes)
        if self.lower is not None:
            self.membranes = self.membranes.clamp(min=self.lower)
        return spikes.to(x.dtype)

    def integrated(self, x: Tensor) -> Tensor:
        """Return the membranes after a step with so much input."""
        v, rest, is_open = self.membranes, self.rest, self.left == 0
        if self.euler and self.leaks:
            return v + torch.where(is_open, self.decay * (rest - v + x), 0.0)
        if not self.leaks:
            return v + torch.where(is_open, x, 0.0)
        if self.holds:
            return torch.where(is_open, rest + (self.decay * (v - rest) + x), v)
        return self.decay * (v - rest) + rest + torch.where(is_open, x, 0.0)

    def level(self) -> Constant:
        """Return the membrane at which neurons spike at this step."""
        return self.threshold

    @property
    def thresholds(self) -> Tensor:
        """The thresholds after the last step, ``[batch, *shape]``."""
        return torch.zeros_like(self.membranes) + self.threshold


def _infinite(tau: Constant) -> bool:
    return isinstance(tau, float) and math.isinf(tau)


def _decay(tau: Constant, decay: Constant | None, dt: float, euler: bool) -> Constant:
    """Return a of the equations: what a step leaves, or dt / tau."""
    refuse_two_forms(euler, decay)
    if decay is not None:
        return decay
    return dt / tau if euler else kept(dt, tau)


class AdaptiveLIF(LIF):
    r"""LIF neurons whose threshold is raised by their spikes: c + theta.

    .. math:: \theta \leftarrow d\,\theta, \qquad \theta \leftarrow \theta + p\,S

    theta ``[*shape]`` is a buffer: it is learned, and stays from sample to sample. It moves while
    ``learning`` is true. Diehl, Cook, Frontiers in Computational Neuroscience 9 (2015).

    Args:
        shape, lif: see :class:`LIF`.
        plus: what a spike adds to theta.
        tau_theta: its time constant, ms.
        one_winner: whether of all neurons of a sample that spike at a step only one is kept, by
            chance; all are reset and adapt.
    """

    theta: Tensor
    plus: Constant
    theta_decay: Constant

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        plus: Constant = 0.05,
        tau_theta: Constant = 1e7,
        one_winner: bool = False,
        **lif: Any,
    ) -> None:
        super().__init__(shape, **lif)
        keep(self, self.shape, plus=plus, theta_decay=kept(self.dt, tau_theta))
        self.one_winner, self.learning = one_winner, True
        self.register_buffer("theta", torch.zeros(shape))
        self.words: Tensor | None = None

    def level(self) -> Constant:
        """Return threshold and theta, which fades at every step."""
        if self.learning:
            self.theta.mul_(self.theta_decay)
        return self.threshold + self.theta

    @property
    def thresholds(self) -> Tensor:
        """The thresholds after the last step, ``[batch, *shape]``."""
        return super().thresholds + self.theta

    def spike(self, x: Tensor) -> Tensor:
        """Integrate, spike, reset, adapt; keep one of those that spike, if there is a winner."""
        spikes = super().spike(x)
        if self.learning:
            self.theta.add_(self.plus * spikes.sum(0))
        return self._winners(spikes) if self.one_winner else spikes

    def _winners(self, spikes: Tensor) -> Tensor:
        """Keep one spike of each sample, the one that a random word of this step points to."""
        flat = spikes.flatten(1)
        count = flat.sum(1).long()
        words = torch.zeros_like(count) if self.words is None else self.words
        chosen = (words * count) >> 32
        rank = flat.cumsum(1) - 1
        return (flat * (rank == chosen[:, None])).view_as(spikes)
