"""Poisson code: at every step each neuron spikes with the probability that its value gives.

Spikes are drawn anew each time a sample is shown, independently for every step. (In the limit of
short steps the spikes of a neuron form a Poisson process; with steps, it is a Bernoulli process.)
"""

from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import PoissonSettings
from snnrun.encoders.trains import Trains, levels
from snnrun.kernels.random.intervals import geometric


class Poisson(Encoder):
    """Random spikes, of each sample and step by their numbers."""

    settings: PoissonSettings

    def __init__(self, settings: PoissonSettings, shape: tuple[int, ...] = ()) -> None:
        super().__init__(settings, shape)
        steps, chance = settings.steps, settings.chance
        self._trains = Trains(lambda rate: geometric(min(1.0, rate * chance), steps))

    def prepare(self, values: Tensor) -> Tensor:
        """Return the spike probabilities ``values [samples, *shape]``, flat or as images.

        For spikes as lists, these are the levels of :mod:`snnrun.encoders.trains`.
        """
        if self.kind is InputKind.EVENTS:
            return levels(values)
        laid = self.laid_out(values)
        return laid if self.settings.chance == 1 else laid * self.settings.chance

    @property
    def constant(self) -> bool:
        """A sample is the same at every step where its values are shown themselves."""
        as_it_is = not self.training and self.settings.evaluation == "rate"
        return as_it_is and self.kind is not InputKind.EVENTS

    def forward(self, prepared: Tensor, random: Random) -> Tensor | Events:
        """Return spikes ``[time, batch, ...]``, 0 or 1, or as lists; or the values, repeated."""
        if self.kind is InputKind.EVENTS:
            return self._trains(prepared, random)
        if self.constant:
            return prepared.expand(self.settings.steps, *prepared.shape)
        spikes = random.bernoulli("input spikes", prepared.flatten(1), self.settings.steps)
        return spikes.view(self.settings.steps, *prepared.shape)
