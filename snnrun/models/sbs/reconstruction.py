r"""What a layer makes of its own input.

With the activities h of the layer before, and its weights W,

.. math:: r_s = \sum_i W_{si} h_i, \qquad r \leftarrow r \Big/ \sum_s r_s.

No error goes to the weights this way, only to the activities.
"""

from torch import Tensor, einsum, nn

from snnrun.kernels.sbs.layer import Draw
from snnrun.models.sbs.layer import SbsLayer


class Reconstruction(nn.Module):
    """The last layer of a network that reconstructs instead of classifying."""

    def __init__(self, before: SbsLayer) -> None:
        super().__init__()
        self._before = (before,)  # a tuple, for the layer before has its own place in the network

    @property
    def before(self) -> SbsLayer:
        """The layer whose input is reconstructed."""
        return self._before[0]

    def updates(self, h: Tensor) -> float:
        """Return the products of an activity and a weight, for ``h [batch, neurons, ...]``."""
        return h[:, 0].numel() * self.before.weights.numel()

    def forward(self, h: Tensor, _: Draw | None = None) -> Tensor:
        """Return ``[batch, inputs of a patch, rows, columns]``, which sum to 1 over the inputs."""
        found = einsum("si,bixy->bsxy", self.before.weights.detach(), h)
        return found / found.sum(1, keepdim=True)
