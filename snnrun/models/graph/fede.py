r"""LIF neurons whose input is held down by the traces of what they receive from.

.. math:: V \leftarrow V + [\text{open}]\,\frac{dt}{\tau} \Big(r - V
          + k \sum_i (w_i s_i - x_i)\Big)

with the arriving spikes s and the traces x of pre as they are now: not delayed, not weighted.
Paredes-Vallés, Scheper, de Croon, IEEE Transactions on Pattern Analysis and Machine Intelligence 42
(2020); PySNN's FedeNeuron.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.group import Arrival
from snnrun.models.graph.lif import LIF


class Fede(LIF):
    """LIF neurons, in steps of forward Euler, that receive W s less the traces of pre.

    Args:
        shape, lif: see :class:`~.lif.LIF`.
    """

    def __init__(self, shape: tuple[int, ...], **lif: Any) -> None:
        super().__init__(shape, euler=True, **lif)

    def gather(self, arrivals: Iterable[Arrival]) -> Tensor:
        """Return the input of a step: the sum of W s less that of the traces of pre.

        Raises:
            ValueError: a group that spikes come from has no trace.
        """
        total = torch.zeros_like(self.spikes)
        for synapses, brought, trace in arrivals:
            if trace is None:
                raise ValueError("fede neurons need traces of the groups that they receive from")
            total = total + (brought - synapses.summed(trace))
        return total
