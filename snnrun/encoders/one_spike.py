"""What encoders share whose inputs spike once, or never: the step of the spike is all they say."""

from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder

NEVER = -1.0


class OneSpike(Encoder):
    """An encoder whose :meth:`prepare` returns the step of each spike, -1 = never."""

    lists = True

    def forward(self, prepared: Tensor, random: Random) -> Tensor | Events:
        """Return the spikes ``[time, batch, ...]``, 0 or 1, or as lists."""
        if self.kind is InputKind.EVENTS:
            return Events.at(prepared, self.settings.steps)
        now = prepared.new_tensor(range(self.settings.steps))
        now = now.view(-1, *(1 for _ in prepared.shape))
        return (prepared == now).to(prepared.dtype)
