"""Layers without weights: pooling with spikes, and without."""

from torch import Generator, Tensor, nn
from torch.nn.functional import avg_pool2d, max_pool2d

from snnrun.kernels.sbs.layer import Draw, sbs_pooling
from snnrun.models.sbs.layers import PoolingSettings, SbsPoolingSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.spiking import Place, SpikingLayer, geometry_of
from snnrun.models.window import Shape


class SbsPooling(SpikingLayer):
    """Groups with one neuron for each channel, which only spikes of that channel move.

    It is an :class:`~snnrun.models.sbs.layer.SbsLayer` whose weights lead from each channel to its
    own neuron, but a spike costs the same however many channels there are.
    """

    def __init__(
        self, settings: SbsPoolingSettings, network: SbsSettings, shape: Shape, _: Generator
    ) -> None:
        geometry = geometry_of(settings, shape)
        factor = network.errors_by_step_size
        super().__init__(Place(settings.inference(network), shape, geometry, factor))

    def forward(self, x: Tensor, draw: Draw) -> Tensor:
        """Return the activities ``[batch, channel, rows, columns]``."""
        return sbs_pooling(
            x,
            self.epsilon_xy,
            geometry=self.geometry,
            steps=self.steps,
            draw=self.own(draw),
            step_factor=self.place.step_factor,
            alpha=self.alpha,
        )


class AveragePooling(nn.Module):
    """The mean of each patch; where sums over channels are 1, they stay 1."""

    def __init__(
        self, settings: PoolingSettings, network: SbsSettings, shape: Shape, _: Generator
    ) -> None:
        super().__init__()
        self.geometry = geometry_of(settings, shape)

    def forward(self, x: Tensor, _: Draw | None = None) -> Tensor:
        """Return ``[batch, channel, rows, columns]``."""
        kernel, stride, _dilation, padding = self.geometry
        return avg_pool2d(x, kernel, stride, padding)


class MaxPooling(AveragePooling):
    """The largest value of each patch."""

    def forward(self, x: Tensor, _: Draw | None = None) -> Tensor:
        """Return ``[batch, channel, rows, columns]``."""
        kernel, stride, dilation, padding = self.geometry
        found: Tensor = max_pool2d(x, kernel, stride, padding, dilation)
        return found
