"""Weight bumping: wake the foremost layer in which too many neurons stay silent.

A silent neuron has no spike time and so no gradient. When more than ``max_missing_spikes`` of the
(sample, neuron) pairs of a layer are silent, its weights grow by the bump value, and the batch
trains nothing else: the layers behind would learn from activity that is about to change. Only the
foremost such layer is bumped. With ``exponential``, the value doubles while the same layer is
bumped batch after batch; with ``targeted``, only neurons that missed a spike get it.
Göltz et al., Nature Machine Intelligence 3 (2021).
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from snnrun.core.share import Share
from snnrun.learning.first_spike.settings import BumpSettings

NONE = -1  #: the number of no layer
PATIENCE = 5  #: updates in a row that a layer is silent and not bumped, before a warning


class Activity(NamedTuple):
    """Who spiked in a layer, ``[batch, neurons]``, and how many pairs stayed silent."""

    fired: NDArray[np.bool_]
    silent: int

    @classmethod
    def of(cls, times: Tensor) -> "Activity":
        """Read it off spike times."""
        fired = times.numpy(force=True) < math.inf  # on small arrays faster than torch
        return cls(fired, fired.size - int(np.count_nonzero(fired)))

    @property
    def share(self) -> Share:
        """Share of (sample, neuron) pairs that spiked."""
        return Share(self.fired.size - self.silent, self.fired.size)

    def missed(self) -> Tensor:
        """Return 1 for each neuron that stayed silent for some sample, float64 ``[neurons]``."""
        return torch.from_numpy((~self.fired.all(0)).astype(np.float64))


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

    @torch.no_grad()
    def bump(self, layer: int, weights: Tensor, missed: Callable[[], Tensor]) -> None:
        """Bump a layer.

        Args:
            layer: its number.
            weights: ``[inputs, neurons]``, changed in place.
            missed: gives more than 0 for each of its neurons that stayed silent for some sample.
        """
        again = self.settings.exponential and layer == self.layer.item()
        self.value.fill_(2 * self.value.item() if again else self.settings.value)
        self.layer.fill_(layer)
        target = missed().bool().to(weights) if self.settings.targeted else weights.new_ones(())
        weights.add_(target * self.value)

    def rest(self) -> None:
        """Bump nothing."""
        self.layer.fill_(NONE)


def foremost(silent: Sequence[float], limits: Sequence[float]) -> int:
    """Return the number of the first layer whose share of silent pairs is above its limit."""
    pairs = enumerate(zip(silent, limits, strict=True))
    return next((index for index, (share, limit) in pairs if share > limit), NONE)


class Silence:
    """Warns, once, of a layer in which nothing spikes and which nothing wakes: it cannot learn."""

    def __init__(self) -> None:
        self.updates = 0  # in a row
        self.warned = False

    def note(self, silent: Sequence[float], say: Callable[[str], None]) -> None:
        """See the share of silent (sample, neuron) pairs of each layer, in an update.

        Args:
            silent: the shares.
            say: gives a warning, and says where training stands.
        """
        if self.warned:
            return
        layer = next((index for index, share in enumerate(silent) if share == 1), NONE)
        self.updates = self.updates + 1 if layer != NONE else 0
        if self.updates >= PATIENCE:
            self.warned = True
            say(
                f"layer_{layer} is silent: no neuron spikes for any sample, so nothing learns; "
                f"give model.layers.{layer}.weights a larger mean, or let learning.bump wake it"
            )
