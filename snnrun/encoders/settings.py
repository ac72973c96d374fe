"""What the settings of every encoder can tell without building it."""

import math
from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.registry import Settings

#: What a network is shown: spike times ``[batch, neurons]``, steps ``[time, batch, neurons]``, or
#: images ``[batch, channel, height, width]`` of numbers that are not negative.
Shown = Literal["spike times", "steps", "images"]


class EncoderSettings(Settings):
    """Settings of an encoder."""

    shows: ClassVar[Shown] = "spike times"

    @abstractmethod
    def output_size(self, input_shape: tuple[int, ...]) -> int:
        """Return the number of neurons that code a sample of this shape.

        Raises:
            ValueError: no sample of this shape can be coded.
        """

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a coded sample: one axis, unless the encoder says otherwise."""
        return (self.output_size(input_shape),)


class SteppedSettings(EncoderSettings):
    """Settings of an encoder for networks that advance in steps; one neuron codes a value."""

    shows: ClassVar[Shown] = "steps"

    steps: Annotated[int, Field(ge=1, description="how many steps a sample is shown for")] = 20

    def output_size(self, input_shape: tuple[int, ...]) -> int:
        """Return the number of neurons that code a sample of this shape: one a value."""
        return math.prod(input_shape)
