r"""Learning from traces of pre alone, towards a balance that depends on the weight.

With the trace x of pre as a share of the largest of all synapses and samples, and d = w - w_0:

.. math:: \Delta w = \eta\,\langle e^{-d} (e^{x} - a) - e^{d} (e^{1-x} - a) \rangle

as a mean over the batch and over places that share weights, at every step. Where all traces are
silent there is no such share, and nothing changes. Paredes-Vallés, Scheper, de Croon, IEEE
Transactions on Pattern Analysis and Machine Intelligence 42 (2020).
"""

import torch
from torch import Tensor

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.group import Group
from snnrun.models.graph.plasticity import Plasticity, trace_of
from snnrun.models.graph.signals import Signals


class Fede(Plasticity):
    """Synapses whose pre spiked lately grow, the others shrink.

    Args:
        nu: learning rate.
        center: w_0 of the equation.
        a: of the equation, from 0 to 1.
    """

    def __init__(self, nu: float = 1e-4, center: float = 0.5, a: float = 0.0) -> None:
        super().__init__()
        self.nu, self.center, self.a = nu, center, a

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change, a mean over the batch."""
        trace = synapses.seen(trace_of(pre))
        largest = trace.max()
        if largest <= 0:
            return torch.zeros_like(synapses.weight)
        x = trace / largest
        # exp(d) does not depend on samples or places, so the means are those of exp(x)
        distance = synapses.weight - self.center
        grows = self._mean(synapses, x.exp()) - self.a
        shrinks = self._mean(synapses, (1 - x).exp()) - self.a
        return self.nu * ((-distance).exp() * grows - distance.exp() * shrinks)

    def _mean(self, synapses: Weighted, values: Tensor) -> Tensor:
        """Return the mean over batch and shared places of ``[batch, K, L]``, as weights are."""
        places = values.shape[2] // synapses.grid(synapses.weight).shape[2]
        ones = torch.ones_like(synapses.at(values.new_zeros(1, *synapses.post)))
        return synapses.pairs(ones, values.mean(0, keepdim=True)) / places
