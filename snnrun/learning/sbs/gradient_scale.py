"""Errors of equal size for all layers: each layer divides what comes down to it by a scale.

The scale of a layer is the largest |dL/dh| that it has seen up to the first batch after the first
update, and stays the same from then on; or it is that of the batch, anew each time. Where a batch
is split over processes, each divides by what it knows; what comes out of the errors is a product of
scales, which is exchanged for that of the largest scales when they are known.
"""

from functools import partial

import torch
from torch import Tensor, nn


class GradientScale(nn.Module):
    """The scale of every layer.

    values: ``[layers]``, 0 = nothing came down yet.
    frozen: whether they stay as they are.
    updates: how often the weights were updated.
    """

    values: Tensor
    frozen: Tensor
    updates: Tensor

    def __init__(self, layers: int, kept: bool) -> None:
        super().__init__()
        self.kept = kept
        self.register_buffer("values", torch.zeros(layers, dtype=torch.float64))
        self.register_buffer("frozen", torch.tensor(False))
        self.register_buffer("updates", torch.tensor(0))
        self.used = [1.0] * layers  # by which each layer divided in the last batch

    def begin(self) -> None:
        """Begin a batch."""
        self.used = [1.0] * len(self.used)

    def watch(self, layer: int, activities: Tensor) -> None:
        """Divide the error that is to reach the activities of a layer, when it comes."""
        if activities.requires_grad:
            hook = partial(self._scaled, layer)
            activities.register_hook(hook)  # type: ignore[no-untyped-call]

    def _scaled(self, layer: int, error: Tensor) -> Tensor:
        if not self.frozen.item():
            largest = error.abs().max().item()
            before = self.values[layer].item() if self.kept else 0.0
            self.values[layer] = max(largest, before)
        scale = self.values[layer].item()
        if not scale:
            return error
        self.used[layer] = scale
        return error / scale

    def product(self, layer: int) -> float:
        """Return what the errors that reached a layer were divided by in the last batch."""
        found = 1.0
        for scale in self.used[layer:]:
            found *= scale
        return found

    def take(self, largest: Tensor) -> None:
        """Take the largest scales of all processes for those of the last batch."""
        self.values.copy_(largest)
        self.used = [new if new else 1.0 for new in largest.tolist()]

    def batch_done(self) -> None:
        """Keep the scales from now on, if the weights were updated before this batch."""
        if self.kept and self.updates.item() > 0:
            self.frozen.fill_(True)

    def updated(self) -> None:
        """Note that the weights were updated."""
        self.updates += 1
