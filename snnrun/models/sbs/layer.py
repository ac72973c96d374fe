r"""A layer of groups of neurons that infer the causes of spikes.

Each output position holds a group of N neurons with activities :math:`h_i`, 1/N at first, whose
sum stays 1. A spike of the input s, drawn from the patch that the position sees, moves them:

.. math:: h_i \leftarrow \frac{1}{1+e}\Bigl(h_i + e\,\frac{h_i W_{si}}{\sum_j h_j W_{sj}}\Bigr)

The kernels hold the details (:mod:`snnrun.kernels.sbs.reference`). Ernst, Rotermund, Pawelzik,
Neural Computation 19 (2007); Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13
(2019).
"""

from torch import Generator, Tensor

from snnrun.kernels.sbs.layer import Draw, sbs
from snnrun.models.sbs.layers import SbsLayerSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.spiking import Place, SpikingLayer, geometry_of
from snnrun.models.sbs.weights import Learning, Weighted, pooling_weights, uniform
from snnrun.models.window import Shape


class SbsLayer(Weighted, SpikingLayer):
    """Groups of Spike-By-Spike neurons; ``weights`` is ``[inputs of a patch, neurons]``."""

    def __init__(
        self, place: Place, neurons: int, learning: Learning, weights: Tensor | None = None
    ) -> None:
        super().__init__(place)
        self.number_of_neurons = self.moved = neurons
        shape = place.geometry.inputs(place.shape[0]), neurons
        start = uniform(shape, (1.0, 1.0), None) if weights is None else weights
        self.set_weights(start, learning)

    def initialize_weights(
        self,
        is_pooling_layer: bool = False,
        noise_amplitude: float = 0.01,
        generator: Generator | None = None,
    ) -> None:
        """Draw new weights, uniform in [1, 1 + amplitude] before they are normalised.

        For pooling, from each channel to the neuron of the same number, and nothing else.
        """
        shape = (len(self.weights), self.number_of_neurons)
        if is_pooling_layer:
            new = pooling_weights(self.place.shape[0], self.geometry)
        else:
            new = uniform(shape, (1.0, 1.0 + noise_amplitude), generator)
        self.weights.data.copy_(new)

    def backup_weights(self) -> None:
        """Keep a copy of the weights."""
        self._backup("weights", self.weights)

    def restore_weights(self) -> None:
        """Go back to the copy."""
        self._restore("weights", self.weights)

    def forward(self, x: Tensor, draw: Draw) -> Tensor:
        """Return the activities ``[batch, neurons, rows, columns]``.

        Args:
            x: input ``[batch, channel, height, width]``, not negative.
            draw: which random numbers the spikes come from.
        """
        passes = self.learning.backward
        weights = self.weights if passes and not self.learning.local else self.weights.detach()
        return sbs(
            x if passes else x.detach(),
            weights,
            self.epsilon_xy,
            geometry=self.geometry,
            steps=self.steps,
            draw=self.own(draw),
            step_factor=self.place.step_factor,
            alpha=self.alpha,
        )


def build(
    settings: SbsLayerSettings, network: SbsSettings, shape: Shape, generator: Generator
) -> SbsLayer:
    """Return the layer that ``settings`` describe, for input of this shape."""
    place = Place(
        settings.inference(network),
        shape,
        geometry_of(settings, shape),
        network.errors_by_step_size,
    )
    learning = Learning(settings.trainable, settings.backward, settings.lr, settings.local)
    noise = settings.noise or network.noise
    weights = uniform(settings.weight_shape(shape), noise, generator)
    return SbsLayer(place, settings.neurons, learning, weights)
