"""Weight bumping: wake the foremost layer in which too many neurons stay silent.

A silent neuron has no spike time and so no gradient. When more than ``max_missing_spikes`` of the
(sample, neuron) pairs of a layer are silent, its weights grow by the bump value, and the batch
trains nothing else: the layers behind would learn from activity that is about to change. Only the
foremost such layer is bumped. With ``exponential``, the value doubles while the same layer is
bumped batch after batch; with ``targeted``, only neurons that missed a spike get it.
Göltz et al., Nature Machine Intelligence 3 (2021).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from snnrun.learning.first_spike.settings import BumpSettings

NONE = -1  #: the number of no layer


class Activity(NamedTuple):
    """Who spiked in a layer, ``[batch, neurons]``, and the share of pairs that stayed silent."""

    fired: NDArray[np.bool_]
    silent: float

    @classmethod
    def of(cls, times: Tensor) -> "Activity":
        """Read it off spike times."""
        fired = times.numpy(force=True) < math.inf  # on small arrays faster than torch
        return cls(fired, (fired.size - int(np.count_nonzero(fired))) / fired.size)


class Bumper(nn.Module):
    """Decides which layer to bump, and does it.

    value: what was added last; layer: to which one, or -1. The next batch needs both.
    """

    value: Tensor
    layer: Tensor

    def __init__(self, settings: BumpSettings) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("value", torch.tensor(settings.value, dtype=torch.float64))
        self.register_buffer("layer", torch.tensor(NONE))

    def bump(
        self, activity: Sequence[Activity], weights: Sequence[Tensor], limits: Sequence[float]
    ) -> int | None:
        """Bump the foremost layer that is too silent, and return its index, or None.

        Args:
            activity: what each layer did in the batch.
            weights: weights of each layer, ``[inputs, neurons]``; those of the bumped layer change.
            limits: largest accepted share of silent (sample, neuron) pairs of each layer.
        """
        pairs = zip(activity, limits, strict=True)
        found = (index for index, (layer, limit) in enumerate(pairs) if layer.silent > limit)
        layer = next(found, None)
        if layer is not None:
            self._grow_value(layer)
            with torch.no_grad():
                target = self._target(activity[layer].fired, weights[layer])
                weights[layer].add_(self.value.item() * target)
        self.layer.fill_(NONE if layer is None else layer)
        return layer

    def _target(self, fired: NDArray[np.bool_], weights: Tensor) -> Tensor | int:
        """Return 1 for neurons to bump and 0 for others, ``[neurons]``."""
        return torch.from_numpy(~fired.all(0)).to(weights) if self.settings.targeted else 1

    def _grow_value(self, layer: int) -> None:
        again = self.settings.exponential and layer == self.layer.item()
        self.value.fill_(2 * self.value.item() if again else self.settings.value)
