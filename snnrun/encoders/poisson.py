r"""Poisson code: random spikes whose rate a value gives, at most one a step.

With ``max_rate`` r in Hz, an input of value v is a Poisson process of rate r v, of which a step of
dt ms holds a spike with the probability

.. math:: p = 1 - e^{-r\,v\,dt / 1000}

With ``chance`` c, :math:`p = c\,v`: the Bernoulli code (:mod:`.bernoulli`), which in the limit of
short steps is a Poisson process as well.
"""

from torch import Tensor

from snnrun.encoders.bernoulli import Bernoulli
from snnrun.encoders.train_settings import PoissonSettings


class Poisson(Bernoulli):
    """Random spikes, of each sample and step by their numbers.

    Example:
        >>> import torch
        >>> Poisson(PoissonSettings(max_rate=100.0, dt=2.0)).chances(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.1813])
    """

    settings: PoissonSettings

    def chances(self, values: Tensor) -> Tensor:
        """Return the probabilities of a spike at a step, of the shape of the values."""
        chosen = self.settings
        if chosen.max_rate is None:
            return super().chances(values)
        return -(-chosen.max_rate * chosen.dt / 1000 * values).expm1()
