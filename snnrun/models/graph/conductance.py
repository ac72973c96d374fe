r"""Conductance-based LIF neurons: excitation and inhibition pull the membrane to potentials.

With the conductances g_e, g_i in units of the leak, and the potentials E_e, E_i that they pull to:

.. math::
   g_e &\leftarrow e^{-dt/\tau_e} g_e + \sum x^+, \quad
   g_i \leftarrow e^{-dt/\tau_i} g_i + \sum x^- \\
   \tau \dot V &= (r - V) + g_e (E_e - V) + g_i (E_i - V)

The membrane's equation is solved exactly for conductances that stand still within a step, or by
forward Euler. What a connection brings to a neuron, summed, is excitation where it is above 0, and
inhibition of its magnitude where it is below: synapses of one connection are to be of one sign.
These are the neurons of Diehl, Cook, Frontiers in Computational Neuroscience 9 (2015), whose
thresholds adapt as those of :class:`~.lif.AdaptiveLIF`.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.constants import Constant, keep, kept
from snnrun.models.graph.group import Arrival
from snnrun.models.graph.lif import AdaptiveLIF


class ConductanceLIF(AdaptiveLIF):
    """Conductance-based LIF neurons.

    Args:
        shape: of the group.
        tau_excitation, tau_inhibition: time constants of the conductances, ms.
        excites_to, inhibits_to: the potentials that they pull to.
        plus: what a spike adds to the threshold; 0: it stays.
        theta: what has been added to it in the beginning.
        lif: see :class:`~.lif.AdaptiveLIF` and :class:`~.lif.LIF`; gain: factor of both inputs.

    excitation, inhibition: the conductances, ``[batch, *shape]``.
    """

    excitation: Tensor
    inhibition: Tensor
    excites_to: Constant
    inhibits_to: Constant
    excitation_decay: Constant
    inhibition_decay: Constant

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        tau_excitation: Constant = 1.0,
        tau_inhibition: Constant = 2.0,
        excites_to: Constant = 0.0,
        inhibits_to: Constant = -100.0,
        plus: Constant = 0.0,
        theta: float = 0.0,
        **lif: Any,
    ) -> None:
        super().__init__(shape, plus=plus, **lif)
        self.theta.fill_(theta)
        keep(
            self, self.shape, excites_to=excites_to, inhibits_to=inhibits_to,
            excitation_decay=kept(self.dt, tau_excitation),
            inhibition_decay=kept(self.dt, tau_inhibition),
        )  # fmt: skip

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest, without conductances."""
        super().reset(batch, like)
        self.excitation = torch.zeros_like(self.spikes)
        self.inhibition = torch.zeros_like(self.spikes)

    def gather(self, arrivals: Iterable[Arrival]) -> Tensor:
        """Return excitation and inhibition of a step, ``[2, batch, *shape]``, both positive."""
        total = torch.zeros_like(self.spikes).expand(2, *self.spikes.shape)
        for each in arrivals:
            brought = each.brought
            total = total + torch.stack([brought.clamp(min=0), (-brought).clamp(min=0)])
        return total

    def integrated(self, x: Tensor) -> Tensor:
        """Return the membranes after a step with so much input to the conductances."""
        self.excitation = self.excitation_decay * self.excitation + x[0]
        self.inhibition = self.inhibition_decay * self.inhibition + x[1]
        v, is_open = self.membranes, self.left == 0
        up, down = self.excitation * is_open, self.inhibition * is_open
        pull = 1 + up + down
        target = (self.rest + up * self.excites_to + down * self.inhibits_to) / pull
        if self.euler:
            moved = v + self.decay * pull * (target - v)
        else:
            moved = target + (v - target) * self.decay**pull
        return torch.where(is_open, moved, v) if self.holds else moved
