r"""LIF neurons with currents: what arrives fades in a current, which moves the membrane.

.. math:: I \leftarrow e^{-dt/\tau_s} I + k\,x, \qquad
          V \leftarrow a\,(V - r) + r + [\text{open}]\,I

The current goes on while a neuron is closed, as in Gerstner, Kistler, Spiking Neuron Models (2002),
chapter 4. A neuron is closed for its refractory period, as every LIF neuron here is; in BindsNET's
CurrentLIFNodes it is so for one step less.
"""

from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.constants import Constant, keep, kept
from snnrun.models.graph.lif import LIF


class CurrentLIF(LIF):
    """Current-based LIF neurons.

    Args:
        shape, lif: see :class:`~.lif.LIF`.
        tau_current: time constant of the current, ms.

    currents: ``[batch, *shape]``.
    """

    currents: Tensor
    current_decay: Constant

    def __init__(self, shape: tuple[int, ...], *, tau_current: Constant = 2.0, **lif: Any) -> None:
        super().__init__(shape, **lif)
        keep(self, self.shape, current_decay=kept(self.dt, tau_current))

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest, without a current."""
        super().reset(batch, like)
        self.currents = torch.zeros_like(self.spikes)

    def integrated(self, x: Tensor) -> Tensor:
        """Return the membranes after a step with so much input to the currents."""
        self.currents = self.current_decay * self.currents + x
        return super().integrated(self.currents)
