"""Rate code without spikes: at every step a neuron receives the value itself as a current."""

from torch import Tensor

from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import RateSettings


class Rate(Encoder):
    """The values, repeated without being copied: the stride over time is 0.

    Example:
        >>> import torch
        >>> rate = Rate(RateSettings(steps=3))
        >>> shown = rate(rate.prepare(torch.tensor([[0.0, 0.25]])), Random.fresh(1))
        >>> shown.shape, shown.stride(0)
        (torch.Size([3, 1, 2]), 0)
    """

    settings: RateSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return ``values [samples, *shape]``, flat or as images."""
        return self.laid_out(values)

    @property
    def constant(self) -> bool:
        """A sample is the same at every step."""
        return True

    def forward(self, prepared: Tensor, random: Random) -> Tensor:
        """Return the values for every step, ``[time, batch, ...]``."""
        return prepared.expand(self.settings.steps, *prepared.shape)
