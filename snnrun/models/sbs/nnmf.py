"""A layer in the limit of many spikes: non-negative matrix factorisation of each patch.

The iteration and both of its gradients stand in :mod:`snnrun.kernels.sbs.nnmf`.
"""

from torch import Generator, Tensor

from snnrun.kernels.sbs.layer import Draw
from snnrun.kernels.sbs.nnmf import nnmf
from snnrun.models.sbs.layers import BpNnmfSettings, NnmfSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.spiking import geometry_of
from snnrun.models.sbs.weights import Learning, Weighted, uniform
from snnrun.models.window import Shape


class NnmfLayer(Weighted):
    """Groups of neurons that settle without spikes; nothing is random."""

    def __init__(
        self, settings: NnmfSettings, network: SbsSettings, shape: Shape, generator: Generator
    ) -> None:
        super().__init__()
        self.settings = settings
        self.geometry = geometry_of(settings, shape)
        noise = settings.noise or network.noise
        weights = uniform(settings.weight_shape(shape), noise, generator)
        learning = Learning(settings.trainable, settings.backward, settings.lr)
        self.set_weights(weights, learning)

    @property
    def approximate(self) -> bool:
        """Whether errors are those of a Spike-By-Spike layer."""
        return isinstance(self.settings, BpNnmfSettings)

    def updates(self, x: Tensor) -> float:
        """Return the products of h, or of what comes back, and a weight, of all iterations."""
        rows, columns = self.geometry.output_size(*x.shape[2:])
        return 2 * self.settings.iterations * len(x) * rows * columns * self.weights.numel()

    def forward(self, x: Tensor, _: Draw | None = None) -> Tensor:
        """Return the activities ``[batch, neurons, rows, columns]``."""
        passes = self.settings.backward
        return nnmf(
            x if passes else x.detach(),
            self.weights if passes else self.weights.detach(),
            geometry=self.geometry,
            iterations=self.settings.iterations,
            eps_0=self.settings.eps_0,
            approximate=self.approximate,
        )


build = NnmfLayer
