"""Rate code without spikes: at every step a neuron receives the value itself as a current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import SteppedSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Tensor


class RateSettings(SteppedSettings):
    """How long the values are shown."""


class Rate(Encoder):
    """The values, repeated without being copied: the stride over time is 0.

    Example:
        >>> import torch
        >>> rate = Rate(RateSettings(steps=3))
        >>> shown = rate.present(rate(torch.tensor([[0.0, 0.25]])), training=True)
        >>> shown.shape, shown.stride(0)
        (torch.Size([3, 1, 2]), 0)
    """

    def __init__(self, settings: RateSettings) -> None:
        self.settings = settings

    def __call__(self, values: Tensor) -> Tensor:
        """Return ``values [samples, *shape]`` as ``[samples, neurons]``."""
        return values.flatten(1)

    def present(self, coded: Tensor, training: bool) -> Tensor:
        """Return the values for every step, ``[time, batch, neurons]``."""
        return coded.expand(self.settings.steps, *coded.shape)
