r"""Terms that a first-spike loss may carry beside its main one.

Per sample, with :math:`t_y` the spike time of the true neuron and d the delays of the network,

.. math::
   \text{early output} = \alpha e^{t_y/(\beta\tau)}, \qquad
   \text{small delays} = \alpha\,\overline{d^2}.

Göltz et al., Nature Machine Intelligence 3 (2021) and Nature Communications 16 (2025).
"""

import torch
from torch import Tensor

from snnrun.learning.first_spike.losses import where_spiked
from snnrun.learning.first_spike.settings import EarlyOutputSettings, SmallDelaysSettings
from snnrun.models.first_spike.net import FirstSpikeNet


class EarlyOutput:
    """Pulls the spike of the true neuron to early times."""

    def __init__(self, settings: EarlyOutputSettings, model: FirstSpikeNet) -> None:
        self.alpha = settings.alpha
        self.pull = settings.beta * model.settings.tau_syn

    def __call__(self, times: Tensor, labels: Tensor) -> Tensor:
        """Return the term of each sample, ``[batch]``."""
        own = times.gather(1, labels[:, None]).squeeze(1)
        return self.alpha * torch.exp(where_spiked(own.isfinite(), own) / self.pull)


class SmallDelays:
    """Keeps the delays small."""

    def __init__(self, settings: SmallDelaysSettings, model: FirstSpikeNet) -> None:
        self.settings = settings
        self.delays = [delay for layer in model.layers for delay in layer.delays]

    def __call__(self, times: Tensor, labels: Tensor) -> Tensor:
        """Return the term, which is the same for every sample."""
        effective = self.settings.effective
        values = [delay.effective() if effective else delay.raw for delay in self.delays]
        return self.settings.alpha * torch.cat([value.flatten() for value in values]).pow(2).mean()
