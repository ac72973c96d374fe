"""Images as they are, as chances of spikes: every value plus a tiny offset.

The offset lets a patch without any ink spike at all, each of its inputs equally likely.
"""

from torch import Tensor

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import PixelsSettings


class Pixels(Encoder):
    """The values plus the offset.

    Example:
        >>> import torch
        >>> pixels = Pixels(PixelsSettings(offset=0.25))
        >>> pixels.prepare(torch.tensor([[0.0, 1.0]])).flatten()
        tensor([0.2500, 1.2500])
    """

    settings: PixelsSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return ``[samples, channel, height, width]``."""
        images = values if values.dim() == 4 else values[:, :, None, None]
        return images + self.settings.offset
