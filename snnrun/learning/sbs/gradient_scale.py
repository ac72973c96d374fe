"""Errors of equal size for all layers: each layer divides what comes down to it by a scale.

The scale of a layer is the largest |dL/dh| that it has seen up to the first batch after the first
update, and stays the same from then on; or it is that of the batch, anew each time.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor


class GradientScale:
    """The scale of every layer, ``[layers]``; 0 = nothing came down yet."""

    def __init__(self, layers: int, kept: bool) -> None:
        self.kept, self.frozen, self.updates = kept, False, 0
        self.values = torch.zeros(layers, dtype=torch.float64)

    def watch(self, layer: int, activities: Tensor) -> None:
        """Divide the error that is to reach the activities of a layer, when it comes."""
        if activities.requires_grad:
            hook = partial(self._scaled, layer)
            activities.register_hook(hook)  # type: ignore[no-untyped-call]

    def _scaled(self, layer: int, error: Tensor) -> Tensor:
        if not self.frozen:
            largest = error.abs().max().item()
            before = self.values[layer].item() if self.kept else 0.0
            self.values[layer] = max(largest, before)
        scale = self.values[layer].item()
        return error / scale if scale else error

    def batch_done(self) -> None:
        """Keep the scales from now on, if the weights were updated before this batch."""
        self.frozen = self.frozen or (self.kept and self.updates > 0)

    def updated(self) -> None:
        """Note that the weights were updated."""
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """Return what the next batch needs."""
        return {"values": self.values.tolist(), "frozen": self.frozen, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the state of an earlier run."""
        self.values = torch.tensor(state["values"], dtype=torch.float64)
        self.frozen, self.updates = state["frozen"], state["updates"]
