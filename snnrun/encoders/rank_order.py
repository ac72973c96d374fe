r"""Rank order code: every input spikes once, in the order of the values, the largest first.

Of a sample whose values above 0 are :math:`v_i`, in T steps counted from 0,

.. math::
   \text{reciprocal:}\quad & t_i = \lceil T\,v_{min} / v_i \rceil - 1 \\
   \text{even:}\quad & t_i = \mathrm{round}(r_i\,(T - 1) / (R - 1))

with the rank :math:`r_i = 0, ..., R - 1` of a value among those that differ, so that equal values
spike together. The first is BindsNET's ``rank_order``; the second knows nothing but the order. A
value of 0 stays silent.
"""

import torch
from torch import Tensor

from snnrun.encoders.one_spike import NEVER, OneSpike
from snnrun.encoders.train_settings import RankOrderSettings

ROUNDING = 1e-6  # by which a quotient may be beyond a whole step that it is meant to be


class RankOrder(OneSpike):
    """The code above.

    Example:
        >>> values = torch.tensor([[0.0, 0.5, 1.0, 0.1]])
        >>> RankOrder(RankOrderSettings(steps=10)).prepare(values)
        tensor([[-1.,  1.,  0.,  9.]])
        >>> RankOrder(RankOrderSettings(steps=11, spacing="even")).prepare(values)
        tensor([[-1.,  5.,  0., 10.]])
    """

    settings: RankOrderSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return the step of each spike, ``[samples, ...]``, flat or as images; -1 = never."""
        laid = self.laid_out(values)
        flat, steps = laid.flatten(1), self.settings.steps
        if self.settings.spacing == "even":
            ranks = ranks_of(flat).masked_fill(flat <= 0, 0)
            last = ranks.amax(1, keepdim=True).clamp(min=1)
            found = (ranks * (steps - 1) / last).round()
        else:
            least = flat.masked_fill(flat <= 0, torch.inf).amin(1, keepdim=True)
            found = (steps * (least / flat) * (1 - ROUNDING)).ceil() - 1
        return found.to(laid.dtype).masked_fill(flat <= 0, NEVER).view_as(laid)


def ranks_of(values: Tensor) -> Tensor:
    """Return the rank of each of ``values [samples, n]`` among those that differ, 0 = the largest.

    Example:
        >>> ranks_of(torch.tensor([[0.5, 1.0, 0.2, 0.5]]))
        tensor([[1, 0, 2, 1]])
    """
    ordered, places = values.sort(dim=1, descending=True)
    follows = torch.zeros_like(places)
    follows[:, 1:] = (ordered[:, 1:] != ordered[:, :-1]).cumsum(1)
    return torch.zeros_like(places).scatter(1, places, follows)
