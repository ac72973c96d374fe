r"""Terms of the loss that keep the number of spikes within bounds.

With the spikes :math:`S_{t,i}` of neuron i of a hidden layer of N neurons at T steps, of one
sample, and their rate :math:`r_i = \frac1T \sum_t S_{t,i}`,

.. math::
   \text{rate band} &= \gamma \sum_{layers} \frac1N \sum_i d(r_i)^p, \quad
       d(r) = \max(0, \ell - r) + \max(0, r - u)\\
   \text{spike count} &= \gamma \sum_{layers} \sum_{t,i} S_{t,i}

with p = 1 or 2; ``over: layer`` takes :math:`d` of the mean rate of the layer instead. The mean
over the samples is taken. Rates are those of single samples, not of the batch: so the gradients of
parts of a batch sum to that of the whole.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from snnrun.learning.surrogate.settings import RateBandSettings, SpikeCountSettings


class Regulariser(ABC):
    """A term of the loss."""

    @abstractmethod
    def layer(self, spikes: Tensor) -> Tensor:
        """Return the term of each sample, ``[batch]``, for ``spikes [time, batch, neurons]``."""

    def __call__(self, layers: Sequence[Tensor]) -> Tensor:
        """Return the mean over the samples of the sum over the hidden layers."""
        return self.samples(layers).mean()

    def samples(self, layers: Sequence[Tensor]) -> Tensor:
        """Return the sum over the spikes ``[time, batch, ...]`` of hidden layers, ``[batch]``."""
        found = [self.layer(spikes.flatten(2)) for spikes in layers]
        return torch.stack(found).sum(0) if found else torch.zeros(())


class RateBand(Regulariser):
    """Pulls firing rates into a band."""

    def __init__(self, settings: RateBandSettings) -> None:
        self._settings = settings

    def layer(self, spikes: Tensor) -> Tensor:
        """Return the mean distance of the rates to the band, or its square."""
        chosen, rates = self._settings, spikes.mean(0)
        if chosen.over == "layer":
            rates = rates.mean(1, keepdim=True)
        distance = (chosen.lower - rates).relu() + (rates - chosen.upper).relu()
        return chosen.strength * (distance if chosen.norm == "l1" else distance.pow(2)).mean(1)


class SpikeCount(Regulariser):
    """Makes spikes cost something."""

    def __init__(self, settings: SpikeCountSettings) -> None:
        self._settings = settings

    def layer(self, spikes: Tensor) -> Tensor:
        """Return the cost of the spikes of each sample."""
        return self._settings.strength * spikes.sum((0, 2))
