"""Poisson code: at every step each neuron spikes with the probability that its value gives.

Spikes are drawn anew each time a sample is shown, independently for every step. (In the limit of
short steps the spikes of a neuron form a Poisson process; with steps, it is a Bernoulli process.)
"""

from torch import Tensor

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import PoissonSettings
from snnrun.kernels.random.bernoulli import bernoulli


class Poisson(Encoder):
    """Random spikes; the numbers come from torch's own generator."""

    settings: PoissonSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return the spike probabilities ``[samples, neurons]`` of ``values [samples, *shape]``."""
        return values.flatten(1)

    def forward(self, prepared: Tensor) -> Tensor:
        """Return spikes ``[time, batch, neurons]``, 0 or 1; or the values, repeated."""
        if self.training or self.settings.evaluation == "poisson":
            return bernoulli(prepared, self.settings.steps)
        return prepared.expand(self.settings.steps, *prepared.shape)
