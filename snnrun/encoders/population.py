r"""Population code: each value has neurons of its own, which prefer one value from 0 to 1 each.

Neuron j of n prefers :math:`c_j = j / (n - 1)` and spikes at a step with the probability

.. math:: p\,e^{-(v - c_j)^2 / 2 \sigma^2}, \qquad \sigma = \text{width} / (n - 1)

so that small values have as many spikes as large ones, those of other neurons. Spikes are drawn
anew each time a sample is shown, independently for every step.
"""

import torch
from torch import Tensor

from snnrun.encoders.bernoulli import Bernoulli
from snnrun.encoders.train_settings import PopulationSettings


class Population(Bernoulli):
    """Random spikes of neurons with preferred values.

    Example:
        >>> code = Population(PopulationSettings(neurons=3))
        >>> [round(each, 3) for each in code.tuned(torch.tensor([[0.5, 0.0]]))[0].tolist()]
        [0.607, 1.0, 0.607, 1.0, 0.607, 0.135]
    """

    settings: PopulationSettings

    def tuned(self, values: Tensor) -> Tensor:
        """Return the share of its highest rate at which each neuron spikes.

        Args:
            values: ``[samples, n, ...]``.

        Returns:
            ``[samples, n * neurons, ...]``, those of the first value or channel first.
        """
        last = self.settings.neurons - 1
        preferred = torch.arange(last + 1).to(values) / last
        away = values[:, :, None] - preferred.view(-1, *[1] * (values.dim() - 2))
        return torch.exp(-((away * last / self.settings.width) ** 2) / 2).flatten(1, 2)

    def prepare(self, values: Tensor) -> Tensor:
        """Return the spike probabilities of ``values [samples, *shape]``, as levels for lists."""
        return super().prepare(self.tuned(values))
