r"""Delta code: a spike where a value rises from one step to the next, or falls, by a threshold.

    d_t = x_t - x_{t-1},  on_t = [d_t >= threshold],  off_t = [-d_t >= threshold]

    off = "none"        on
    off = "negative"    on - off, that is +1 and -1
    off = "channels"    on of all channels, then off of all channels

Before the first step all is 0, or with ``first = "same"`` as it is at the first step.
"""

import torch
from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import DeltaSettings


class Delta(Encoder):
    """The code above.

    Example:
        >>> delta = Delta(DeltaSettings(threshold=0.25, off="negative"))
        >>> delta.prepare(torch.tensor([[[0.5], [0.7], [0.25]]])).flatten()
        tensor([ 1.,  0., -1.])
    """

    settings: DeltaSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return spikes ``[samples, time, ...]`` of ``values [samples, time, *shape]``."""
        chosen = self.settings
        first = values[:, :1] if chosen.first == "same" else torch.zeros_like(values[:, :1])
        change = values.diff(dim=1, prepend=first)
        on, off = (
            each.to(values.dtype)
            for each in (change >= chosen.threshold, -change >= chosen.threshold)
        )
        if chosen.off == "channels":
            return self._laid_out(torch.cat([on, off], 2))
        return self._laid_out(on - off if chosen.off == "negative" else on)

    def forward(self, prepared: Tensor, random: Random) -> Tensor:
        """Return the spikes with their time first."""
        return prepared.transpose(0, 1)

    def _laid_out(self, spikes: Tensor) -> Tensor:
        if self.kind is not InputKind.IMAGE_STEPS:
            return spikes.flatten(2)
        return spikes if spikes.dim() == 5 else spikes[..., None, None]
