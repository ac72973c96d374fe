"""Groups of Spike-By-Spike neurons as a torch module: the layer of Spike-By-Spike networks.

The equation stands in :mod:`snnrun.models.sbs.layer`.
"""

import torch
from torch import Generator, Tensor

from snnrun.core.random import Random
from snnrun.kernels.sbs.layer import Draw
from snnrun.models.sbs.inference import InferenceSettings
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.layers import SbsLayerSettings
from snnrun.models.sbs.spiking import Place, geometry_of
from snnrun.models.sbs.weights import Learning, uniform
from snnrun.models.window import Shape, Sizes
from snnrun.nn.checked import checked


class SbS(SbsLayer):
    """Maps images ``[batch, channel, height, width]``, not negative, to activities.

    These are ``[batch, neurons, rows, columns]``, and sum to 1 over the neurons. ``weights`` is
    ``[inputs of a patch, neurons]``, and its columns sum to 1: call :meth:`constrain` after each
    update. Gradients are those of approximate back-propagation.

    Args:
        shape: of the input, (channels, height, width).
        neurons: of each group.
        kernel: rows and columns of the patch that a group sees; None: the whole input.
        stride, padding, dilation: of the patches.
        spikes: how many each group draws.
        eps_0: how far a spike moves the activities.
        noise: initial weights are uniform in this range, then divided by their sum.
        generator: what they are drawn from; None: torch's own.

    Raises:
        ValueError: a number out of range, or a kernel larger than the input.

    Example:
        >>> layer = SbS((1, 4, 4), 8, kernel=3, spikes=20)
        >>> h = layer(torch.rand(2, 1, 4, 4))
        >>> h.shape, bool(torch.allclose(h.sum(1), torch.ones(2, 2, 2)))
        (torch.Size([2, 8, 2, 2]), True)

        An update as pytorch-sbs makes it: activities against one-hot targets, steps that multiply.

        >>> from snnrun.nn import MSEKL, MultiplicativeAdam
        >>> net = torch.nn.Sequential(layer, SbS((8, 2, 2), 3, spikes=20))
        >>> optimizer = MultiplicativeAdam(net.parameters(), lr=0.05)
        >>> loss = MSEKL()(net(torch.rand(2, 1, 4, 4)), torch.tensor([0, 2]))
        >>> loss.backward(); optimizer.step(); _ = [each.constrain() for each in net]
        >>> bool(torch.allclose(layer.weights.sum(0), torch.ones(8)))
        True
    """

    def __init__(
        self,
        shape: Shape,
        neurons: int,
        *,
        kernel: Sizes | int | None = None,
        stride: Sizes | int = 1,
        padding: Sizes | int = 0,
        dilation: Sizes | int = 1,
        spikes: int = 100,
        eps_0: float = 1.0,
        noise: tuple[float, float] = (1.0, 1.1),
        generator: Generator | None = None,
    ) -> None:
        window = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        settings = checked(SbsLayerSettings, neurons=neurons, noise=noise, **window)
        settings.output_shape(shape)
        constants = checked(InferenceSettings, spikes=spikes, eps_0=eps_0)
        weights = uniform(settings.weight_shape(shape), noise, generator)
        place = Place(constants, shape, geometry_of(settings, shape))
        super().__init__(place, neurons, Learning(), weights)
        self.to(torch.get_default_dtype())

    def forward(self, x: Tensor, draw: Draw | None = None) -> Tensor:
        """Return the activities.

        Args:
            x: the input, of the type of the weights.
            draw: which random numbers the spikes come from; None: fresh ones, that follow torch's
                own generator.

        Raises:
            TypeError: x is of another type than the weights.
            ValueError: x is negative somewhere, or of another shape.
        """
        if draw is None:
            random = Random.fresh(len(x))
            draw = Draw(random.key("spikes"), random.samples)
        return super().forward(x, draw)

    def constrain(self, threshold: float = 1e-6) -> None:
        """Raise weights to ``threshold``, and divide each column by its sum, in place."""
        self.constrain_weights(threshold)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{list(self.place.shape)} -> [{self.number_of_neurons}, *{[*self.output_size]}]"
