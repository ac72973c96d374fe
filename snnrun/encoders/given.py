"""Samples that need no code: they have a time axis, are spike times already, or images.

::

    samples                                 what a model sees
    [samples, time, *shape]                 [time, batch, neurons] or [time, batch, channel, ...]
    spike times [samples, *shape]           [batch, neurons] in tau_syn, inf = no spike
    images [samples, channel, ...]          [batch, channel, height, width]

With ``binary``, all values above 0 of samples with time are 1, the others 0: counts become spikes.
The model says whether it wants them flat. Time comes first without a copy: a sample is shown as it
lies in memory, with another stride.
"""

from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import GivenSettings


class Given(Encoder):
    """The samples themselves.

    Example:
        >>> import torch
        >>> from snnrun.encoders import build_encoder
        >>> given = build_encoder(GivenSettings(), (2, 1, 1), InputKind.STEPS)
        >>> given(given.prepare(torch.zeros(5, 9, 2, 1, 1)), Random.fresh(5)).shape
        torch.Size([9, 5, 2])
    """

    settings: GivenSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return spike times in tau_syn, or samples, flat if the model wants them so."""
        if self.kind is InputKind.SPIKE_TIMES:
            return values.flatten(1) / self.settings.tau_syn
        if self.settings.binary and self.timed:
            values = (values > 0).to(values.dtype)
        return values.flatten(2) if self.kind is InputKind.STEPS else values

    def forward(self, prepared: Tensor, random: Random) -> Tensor:
        """Return samples with their time first, if they have time."""
        return prepared.transpose(0, 1) if self.timed else prepared

    @property
    def timed(self) -> bool:
        """Whether samples have a time axis."""
        return self.kind in (InputKind.STEPS, InputKind.IMAGE_STEPS)
