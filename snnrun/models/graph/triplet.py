r"""Triplets of spikes: STDP that also asks how lately post spiked before.

With traces of its own, x of pre, y and the slower z of post, which fade with their time constants
and to which a spike adds 1, or which it sets to 1:

.. math:: \Delta w = -\eta_0\,s\,y + S\,x\,(\eta_1 + \eta_2\,z^-)

where x and y hold the spikes of this step, and z^- does not. Pfister, Gerstner, Journal of
Neuroscience 26 (2006), whose minimal rules leave out eta_1 (visual cortex: 16.8, 33.7, 114 ms) or
take all three; P. U. Diehl's script of Diehl, Cook (2015) sets its traces, by 20, 20 and 40 ms.
"""

import math

import torch
from torch import Tensor

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.group import Group
from snnrun.models.graph.plasticity import Plasticity
from snnrun.models.graph.signals import Signals


class Triplet(Plasticity):
    """Depression at spikes of pre, potentiation at those of post that follow others.

    Args:
        nu_pre, nu_pair, nu_triplet: eta_0, eta_1 and eta_2 of the equation.
        tau_pre, tau_post, tau_slow: time constants of x, y and z, ms.
        adds: whether a spike adds to traces; else it sets them.
    """

    x: Tensor
    y: Tensor
    z: Tensor

    def __init__(
        self,
        nu_pre: float = 1e-4,
        nu_pair: float = 0.0,
        nu_triplet: float = 1e-2,
        *,
        tau_pre: float = 20.0,
        tau_post: float = 20.0,
        tau_slow: float = 40.0,
        adds: bool = False,
    ) -> None:
        super().__init__()
        self.nu_pre, self.nu_pair, self.nu_triplet = nu_pre, nu_pair, nu_triplet
        self.tau_pre, self.tau_post, self.tau_slow, self.adds = tau_pre, tau_post, tau_slow, adds

    def reset(self, synapses: Weighted, batch: int, like: Tensor) -> None:
        """Begin with silent traces."""
        self.x = like.new_zeros(batch, *synapses.pre)
        self.y = like.new_zeros(batch, *synapses.post)
        self.z = torch.zeros_like(self.y)

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change, summed over the batch."""
        self.x = self._after(self.x, pre.spikes, self.tau_pre, pre.dt)
        self.y = self._after(self.y, post.spikes, self.tau_post, post.dt)
        before = math.exp(-post.dt / self.tau_slow) * self.z
        self.z = self._marked(before, post.spikes)
        potentiation = post.spikes * (self.nu_pair + self.nu_triplet * before)
        seen, at = synapses.seen, synapses.at
        return synapses.pairs(at(potentiation), seen(self.x)) - synapses.pairs(
            at(self.nu_pre * self.y), seen(pre.spikes)
        )

    def _after(self, trace: Tensor, spikes: Tensor, tau: float, dt: float) -> Tensor:
        return self._marked(math.exp(-dt / tau) * trace, spikes)

    def _marked(self, trace: Tensor, spikes: Tensor) -> Tensor:
        return trace + spikes if self.adds else torch.where(spikes > 0, 1.0, trace)
