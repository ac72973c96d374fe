"""Neurons that pass on what arrives, as those behind a pool."""

import torch
from torch import Tensor

from snnrun.models.graph.group import Group


class Relay(Group):
    """Neurons that spike where anything positive arrives, in the same step.

    Their trace is the one that a pool brings along, if one does; else it is that of their spikes.
    """

    brought: Tensor | None = None

    def spike(self, x: Tensor) -> Tensor:
        """Return 1 where something positive arrives."""
        return (x > 0).to(x.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Advance by a step; return the spikes ``[batch, *shape]``."""
        spikes: Tensor = super().forward(x)
        if self.brought is not None:
            self.trace = self.brought
        return spikes

    def bring(self, traces: list[Tensor]) -> None:
        """Take the traces that pools bring along, the largest of each neuron."""
        self.brought = torch.stack(traces).amax(0) if traces else None
