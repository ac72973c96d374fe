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
        self.largest = [0.0] * layers  # of the errors of the last batch, before any was divided
        self._before: list[float] | None = None  # the values when the batch began, if kept

    def begin(self) -> None:
        """Begin a batch."""
        layers = len(self.used)
        self.used, self.largest = [1.0] * layers, [0.0] * layers
        self._before = self.values.tolist() if self.kept else [0.0] * layers

    def watch(self, layer: int, activities: Tensor) -> None:
        """Divide the error that is to reach the activities of a layer, when it comes."""
        if activities.requires_grad:
            hook = partial(self._scaled, layer)
            activities.register_hook(hook)  # type: ignore[no-untyped-call]

    def _scaled(self, layer: int, error: Tensor) -> Tensor:
        if not self.frozen.item():
            largest = error.abs().max().item()
            self.largest[layer] = largest * self.product(layer + 1)
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
        """Take the largest errors of all processes for those of the last batch, undivided."""
        if self._before is None:  # this process had no share in the batch
            self.begin()
        divisor = 1.0
        for layer, before in reversed(list(enumerate(self._before or ()))):
            scale = max(largest[layer].item() / divisor, before)
            self.values[layer] = scale
            self.used[layer] = scale or 1.0
            divisor *= self.used[layer]
        self._before = None

    def batch_done(self) -> None:
        """Keep the scales from now on, if the weights were updated before this batch."""
        if self.kept and self.updates.item() > 0:
            self.frozen.fill_(True)

    def updated(self) -> None:
        """Note that the weights were updated."""
        self.updates += 1
