"""What encoders for networks that see images have in common."""

import math
from abc import abstractmethod
from typing import ClassVar

from snnrun.encoders.settings import EncoderSettings, Shown


class ImageSettings(EncoderSettings):
    """Settings of an encoder that shows images ``[batch, channel, height, width]``."""

    shows: ClassVar[Shown] = "images"

    @abstractmethod
    def channels(self, given: int) -> int:
        """Return the number of channels that code ``given`` channels."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (channels, height, width); the values of a vector count as channels.

        Raises:
            ValueError: samples are neither images nor vectors.
        """
        if len(input_shape) not in (1, 3):
            raise ValueError(
                f"codes images [channel, height, width] or vectors, not samples of shape "
                f"{list(input_shape)}"
            )
        given, height, width = (*input_shape, 1, 1) if len(input_shape) == 1 else input_shape
        return self.channels(given), height, width

    def output_size(self, input_shape: tuple[int, ...]) -> int:
        """Return the number of values that code a sample of this shape."""
        return math.prod(self.output_shape(input_shape))
