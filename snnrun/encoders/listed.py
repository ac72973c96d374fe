"""What an encoder gives in steps, for networks that take spikes as lists.

Where all is 0 or 1, it becomes lists; other values stay what they are, currents.
"""

from collections.abc import Iterable

from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder


class Listed(Encoder):
    """An encoder whose steps become lists.

    Args:
        encoder: that gives ``[time, batch, neurons]``.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.settings)
        self.encoder, encoder.kind = encoder, InputKind.STEPS
        self.kind = InputKind.EVENTS

    def prepare(self, values: Tensor) -> Tensor:
        """Return what the encoder prepares."""
        return self.encoder.prepare(values)

    def forward(self, prepared: Tensor, random: Random) -> Events:
        """Return its steps as lists; shown again, they are larger numbers."""
        shown = self.encoder(prepared, random)
        found = Events.of_values(shown)
        found.again = lambda place, _, gain: Events.of_values(gain * shown[:, place : place + 1])
        return found

    def fit(self, values: Iterable[Tensor]) -> None:
        """Let the encoder adapt to the training samples."""
        self.encoder.fit(values)
