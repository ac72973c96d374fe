r"""Rules by which synapses learn from spikes and traces, step by step; the readable twin.

With the spikes s, S of pre and post in this step, and their traces x, y, which hold these spikes:

.. math::
   \text{pair:}\quad & \Delta w = -\eta_0\,s\,y + \eta_1\,x\,S \\
   \text{weight-dependent:}\quad & \Delta w = -\eta_0\,s\,y\,(w - w_{min})
      + \eta_1\,x\,S\,(w_{max} - w) \\
   \text{Hebbian:}\quad & \Delta w = \eta_0\,s\,y + \eta_1\,x\,S \\
   \text{power law:}\quad & \Delta w = \eta_1\,(x - x_{tar})\,S\,(w_{max} - w)^\mu

summed over the samples of a batch, so that a batch of one is what the equations mean, and over
places that share weights. A spike of pre counts when it is sent, whatever its delay. Morrison,
Diesmann, Gerstner, Biological Cybernetics 98 (2008); Querlioz et al., IEEE Transactions on
Nanotechnology 12 (2013); Diehl, Cook, Frontiers in Computational Neuroscience 9 (2015).
"""

import math
from abc import ABC, abstractmethod

from torch import Tensor, nn

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.group import Group
from snnrun.models.graph.signals import Signals


class Plasticity(nn.Module, ABC):
    """A rule of one connection.

    What it keeps of a sample is made anew by :meth:`reset`; what it keeps longer is a buffer.
    """

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the signals without which it does nothing."""
        return ()

    def reset(self, synapses: Weighted, batch: int, like: Tensor) -> None:
        """Begin samples anew, with numbers of the type and on the device of another tensor."""
        return None

    @abstractmethod
    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return what to add to the weights after a step, of the shape of the weights.

        Args:
            synapses: that learn.
            pre, post: the groups that they are between, after the step.
            signals: what is told of the step by name, such as ``reward``, ``[]`` or ``[batch]``.
        """

    def forward(self, *_: object) -> Tensor:
        """Refuse."""
        raise NotImplementedError("a rule is no layer; call change")


def trace_of(group: Group) -> Tensor:
    """Return the traces ``[batch, *shape]`` of a group.

    Raises:
        ValueError: it has none.
    """
    if group.trace is None:
        raise ValueError("a rule needs traces of a group that has none")
    return group.trace


def bounds_of(synapses: Weighted) -> tuple[float, float]:
    """Return the bounds of weights, infinite where there are none."""
    low, high = synapses.bounds
    return -math.inf if low is None else low, math.inf if high is None else high


class PairRule(Plasticity):
    """What the rules of pairs of spikes share.

    Args:
        nu: eta_0 and eta_1 of the equations.
    """

    def __init__(self, nu: tuple[float, float] = (1e-4, 1e-2)) -> None:
        super().__init__()
        self.nu = nu

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change, summed over the batch."""
        x, y = synapses.seen(trace_of(pre)), synapses.at(trace_of(post))
        s, spiked = synapses.seen(pre.spikes), synapses.at(post.spikes)
        return self.terms(synapses, synapses.pairs(self.nu[0] * y, s), synapses.pairs(spiked, x))

    @abstractmethod
    def terms(self, synapses: Weighted, before: Tensor, after: Tensor) -> Tensor:
        """Return the change for sums of eta_0 s y and of x S, of the shape of weight."""


class Pair(PairRule):
    """Depression at spikes of pre, potentiation at spikes of post."""

    def terms(self, synapses: Weighted, before: Tensor, after: Tensor) -> Tensor:
        """Return the change."""
        return self.nu[1] * after - before


class WeightDependent(PairRule):
    """The pair rule, weaker the nearer a weight is to the bound that it moves to."""

    def terms(self, synapses: Weighted, before: Tensor, after: Tensor) -> Tensor:
        """Return the change."""
        (low, high), w = bounds_of(synapses), synapses.weight
        return self.nu[1] * after * (high - w) - before * (w - low)


class Hebbian(PairRule):
    """Potentiation at spikes of either side."""

    def terms(self, synapses: Weighted, before: Tensor, after: Tensor) -> Tensor:
        """Return the change."""
        return before + self.nu[1] * after


class PowerLaw(Plasticity):
    """Potentiation or depression at spikes of post, by how recent spikes of pre are.

    Args:
        nu: eta_1 of the equations.
        x_target: the trace of pre at which nothing changes.
        mu: how strongly a weight near its upper bound resists.
    """

    def __init__(self, nu: float = 1e-2, x_target: float = 0.4, mu: float = 1.0) -> None:
        super().__init__()
        self.nu, self.x_target, self.mu = nu, x_target, mu

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change, summed over the batch."""
        x, spiked = synapses.seen(trace_of(pre)) - self.x_target, synapses.at(post.spikes)
        room = (bounds_of(synapses)[1] - synapses.weight).clamp(min=0)  # none beyond the bound
        return self.nu * synapses.pairs(spiked, x) * room.pow(self.mu)
