"""Bernoulli code: at every step each neuron spikes with the probability that its value gives.

Spikes are drawn anew each time a sample is shown, independently for every step.
"""

import torch
from torch import Tensor

from snnrun.core.capabilities import InputKind
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.train_settings import BernoulliSettings
from snnrun.encoders.trains import Trains, levels
from snnrun.kernels.random.intervals import geometric


class Bernoulli(Encoder):
    """Random spikes, of each sample and step by their numbers."""

    settings: BernoulliSettings
    lists = True

    def __init__(self, settings: BernoulliSettings, shape: tuple[int, ...] = ()) -> None:
        super().__init__(settings, shape)
        self._trains = Trains(lambda value: geometric(self._chance(value), settings.steps))

    def chances(self, values: Tensor) -> Tensor:
        """Return the probabilities of a spike at a step, of the shape of the values."""
        return values if self.settings.chance == 1 else values * self.settings.chance

    def _chance(self, value: float) -> float:
        return min(1.0, float(self.chances(torch.tensor(value, dtype=torch.float64))))

    def prepare(self, values: Tensor) -> Tensor:
        """Return the spike probabilities of ``values [samples, *shape]``, flat or as images.

        For spikes as lists, these are the levels of :mod:`snnrun.encoders.trains`.
        """
        if self.kind is InputKind.EVENTS:
            return levels(values)
        return self.chances(self.laid_out(values))

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
