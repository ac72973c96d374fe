r"""Izhikevich's neurons: a membrane v and its recovery u, two equations for many kinds of firing.

.. math:: \dot v = 0.04\,v^2 + 5\,v + 140 - u + I, \qquad \dot u = a\,(b\,v - u)

in ms and mV; a neuron spikes where v reaches the threshold, and the next step begins with v = c,
u = u + d. v moves in two half steps of forward Euler, then u in a whole one.
Izhikevich, Simple model of spiking neurons, IEEE Transactions on Neural Networks 14 (2003); from
there, too, the mix of excitatory and inhibitory neurons that :func:`drawn` returns.
"""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from snnrun.models.graph.constants import Constant, fitting
from snnrun.models.graph.group import Group
from snnrun.models.graph.traces import TraceSettings


class Izhikevich(Group):
    """Izhikevich's neurons.

    Args:
        shape, trace, dt: see :class:`~.group.Group`.
        a: how fast the recovery is, 1/ms.
        b: how it follows the membrane.
        c: the membrane after a spike, mV.
        d: what a spike adds to the recovery.
        threshold: the membrane at which a neuron spikes, mV.
        rest: where the membrane begins.
        weights: of synapses within the group, ``[neurons, neurons]`` (to, from), over which spikes
            of the step before arrive, as in Izhikevich's program; None: none.

    a, b, c, d, threshold are buffers ``[*shape]``, and weights one.
    membranes: before the reset, ``[batch, *shape]``. recovery: of the same shape.
    """

    a: Tensor
    b: Tensor
    c: Tensor
    d: Tensor
    threshold: Tensor
    weights: Tensor | None
    membranes: Tensor
    recovery: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        a: Constant = 0.02,
        b: Constant = 0.2,
        c: Constant = -65.0,
        d: Constant = 8.0,
        threshold: Constant = 30.0,
        rest: float = -65.0,
        weights: Tensor | None = None,
        trace: TraceSettings | None = None,
        dt: float = 1.0,
    ) -> None:
        super().__init__(shape, trace, dt)
        self.rest = rest
        named = {"a": a, "b": b, "c": c, "d": d, "threshold": threshold}
        for name, value in named.items():
            numbers = fitting(name, torch.as_tensor(value), self.shape).expand(self.shape)
            self.register_buffer(name, numbers.clone())
        size = torch.Size(self.shape).numel()
        if weights is not None and weights.shape != (size, size):
            raise ValueError(f"weights: expected [{size}, {size}]; got {list(weights.shape)}")
        self.register_buffer("weights", weights)

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest, where the recovery follows the membrane."""
        super().reset(batch, like)
        self.membranes = torch.full_like(self.spikes, self.rest)
        self.recovery = self.b * self.membranes

    def spike(self, x: Tensor) -> Tensor:
        """Reset what has spiked, integrate, spike."""
        spiked = self.membranes >= self.threshold
        v = torch.where(spiked, self.c, self.membranes)
        u = torch.where(spiked, self.recovery + self.d, self.recovery)
        if self.weights is not None:
            within = spiked.to(x.dtype).flatten(1) @ self.weights.t()
            x = x + within.view_as(x)
        for _ in range(2):
            v = v + 0.5 * self.dt * (0.04 * v**2 + 5 * v + 140 - u + x)
        self.membranes, self.recovery = v, u + self.dt * self.a * (self.b * v - u)
        return (self.membranes >= self.threshold).to(x.dtype)

    @property
    def thresholds(self) -> Tensor:
        """The thresholds, ``[batch, *shape]``."""
        return self.threshold.expand_as(self.membranes)


class Drawn(NamedTuple):
    """Constants of some neurons, ``[neurons]``, and weights among them, ``[neurons, neurons]``."""

    a: Tensor
    b: Tensor
    c: Tensor
    d: Tensor
    weights: Tensor


def drawn(neurons: int, excitatory: float, generator: Generator) -> Drawn:
    """Return Izhikevich's mix of neurons, float64: excitatory ones, then inhibitory ones.

    Args:
        neurons: how many.
        excitatory: share of them that is.
        generator: for r of his paper, one for each neuron, and for the weights.
    """
    r, uniform = (
        torch.rand(size, generator=generator, dtype=torch.float64)
        for size in ((neurons,), (neurons, neurons))
    )
    excites, one = torch.arange(neurons) < round(excitatory * neurons), torch.ones_like(r)
    return Drawn(
        a=torch.where(excites, 0.02 * one, 0.02 + 0.08 * r),
        b=torch.where(excites, 0.2 * one, 0.25 - 0.05 * r),
        c=torch.where(excites, -65 + 15 * r**2, -65 * one),
        d=torch.where(excites, 8 - 6 * r**2, 2 * one),
        weights=torch.where(excites, 0.5 * uniform, -uniform),
    )
