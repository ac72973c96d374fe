"""Images as they are, as chances of spikes: every value plus a tiny offset.

The offset lets a patch without any ink spike at all, each of its inputs equally likely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.images import ImageSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Tensor


class PixelsSettings(ImageSettings):
    """The offset."""

    offset: Annotated[float, Field(ge=0, description="added to every value")] = 1e-20

    def channels(self, given: int) -> int:
        """Return the same number."""
        return given


class Pixels(Encoder):
    """The values plus the offset.

    Example:
        >>> import torch
        >>> Pixels(PixelsSettings(offset=0.25))(torch.tensor([[0.0, 1.0]])).flatten()
        tensor([0.2500, 1.2500])
    """

    def __init__(self, settings: PixelsSettings) -> None:
        self.offset = settings.offset

    def __call__(self, values: Tensor) -> Tensor:
        """Return ``[samples, channel, height, width]``."""
        images = values if values.dim() == 4 else values[:, :, None, None]
        return images + self.offset
