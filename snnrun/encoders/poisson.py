"""Poisson code: at every step each neuron spikes with the probability that its value gives.

Spikes are drawn anew each time a sample is shown, independently for every step. (In the limit of
short steps the spikes of a neuron form a Poisson process; with steps, it is a Bernoulli process.)
"""

from torch import Tensor

from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import PoissonSettings


class Poisson(Encoder):
    """Random spikes, of each sample and step by their numbers."""

    settings: PoissonSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return the spike probabilities ``values [samples, *shape]``, flat or as images."""
        return self.laid_out(values)

    @property
    def constant(self) -> bool:
        """A sample is the same at every step where its values are shown themselves."""
        return not self.training and self.settings.evaluation == "rate"

    def forward(self, prepared: Tensor, random: Random) -> Tensor:
        """Return spikes ``[time, batch, ...]``, 0 or 1; or the values, repeated."""
        if self.constant:
            return prepared.expand(self.settings.steps, *prepared.shape)
        spikes = random.bernoulli("input spikes", prepared.flatten(1), self.settings.steps)
        return spikes.view(self.settings.steps, *prepared.shape)
