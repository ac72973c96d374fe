"""What a config may say about encoders, and what settings tell without building one.

The codes themselves stand beside this file, one module each.
"""

import math
from abc import abstractmethod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import InputKind, Values
from snnrun.core.registry import Settings
from snnrun.core.steps import Steps


class EncoderSettings(Settings):
    """Settings of an encoder.

    output_kind: what it gives to a model; None: of several kinds, what the model takes.
    accepts: which values samples may have.
    takes_time: whether samples must have a time axis, or must not; None: they may.
    """

    output_kind: ClassVar[InputKind | None] = InputKind.SPIKE_TIMES
    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT})
    takes_time: ClassVar[bool | None] = False

    @classmethod
    def kinds(cls, values: Values, shape: tuple[int, ...], timed: bool) -> frozenset[InputKind]:
        """Return what it can give to a model.

        Args:
            values: which values samples have.
            shape: of a sample, without time.
            timed: whether samples have a time axis.
        """
        return frozenset() if cls.output_kind is None else frozenset({cls.output_kind})

    @property
    def step_ms(self) -> float | None:
        """How long a step is, ms, of an encoder to which that matters; None: whatever it is."""
        return None

    @abstractmethod
    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of an encoded sample, without time, for samples of this shape.

        A model that takes no images gets a sample of whatever shape flat.

        Raises:
            ValueError: no sample of this shape can be encoded.
        """


class FlatSettings(EncoderSettings):
    """Settings of an encoder with one input neuron for each value of a sample."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of values of a sample."""
        return (math.prod(input_shape),)


class SteppingSettings(EncoderSettings):
    """Settings of an encoder for models that advance in steps, of images or of flat samples."""

    output_kind: ClassVar[InputKind | None] = None

    @classmethod
    def kinds(cls, values: Values, shape: tuple[int, ...], timed: bool) -> frozenset[InputKind]:
        """Return steps; of images, and of vectors as images of one pixel, image steps too."""
        image = {InputKind.IMAGE_STEPS} if len(shape) in (1, 3) else set()
        return frozenset({InputKind.STEPS} | image)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (channels, height, width); the values of a vector count as channels.

        Samples of another shape keep it; only models that take no images get them, flat.
        """
        return (*input_shape, 1, 1) if len(input_shape) == 1 else input_shape


class SteppedSettings(SteppingSettings):
    """Settings of an encoder that shows samples without time for some steps."""

    steps: Steps = 20


class ImageSettings(EncoderSettings):
    """Settings of an encoder that gives images ``[batch, channel, height, width]``."""

    output_kind: ClassVar[InputKind] = InputKind.IMAGES

    @abstractmethod
    def channels(self, given: int) -> int:
        """Return the number of channels that encode ``given`` channels."""

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (channels, height, width); the values of a vector count as channels.

        Raises:
            ValueError: samples are neither images nor vectors.
        """
        if len(input_shape) not in (1, 3):
            raise ValueError(
                f"encodes images [channel, height, width] or vectors, not samples of shape "
                f"{list(input_shape)}"
            )
        given, height, width = (*input_shape, 1, 1) if len(input_shape) == 1 else input_shape
        return self.channels(given), height, width


class SpikeNoise(Settings):
    """Normal noise on the spike times, in training only."""

    mean: Annotated[float, Field(description="tau_syn")] = 0.0
    std: Annotated[float, Field(ge=0, description="tau_syn")]


class LatencySettings(FlatSettings):
    """When the values 0 and 1 spike."""

    early: Annotated[float, Field(ge=0, description="first spike time, tau_syn")] = 0.15
    late: Annotated[float, Field(description="last spike time, tau_syn")] = 2.0
    first: Annotated[Literal["low", "high"], Field(description="which values spike early")] = "low"
    background: Annotated[
        Literal["spike", "silent"], Field(description="what the value that is due at `late` does")
    ] = "spike"
    noise: Annotated[
        SpikeNoise | None, Field(description="added to the spike times in training")
    ] = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.early < self.late:
            raise ValueError(f"late is {self.late:g}; expected more than early = {self.early:g}")
        return self


class RateSettings(SteppedSettings):
    """How long the values are shown."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS, Values.ANY})


class DeltaSettings(SteppingSettings):
    """How large a change makes a spike, and what a fall makes."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS, Values.ANY})
    takes_time: ClassVar[bool] = True

    threshold: Annotated[
        float, Field(gt=0, description="change from one step to the next that makes a spike")
    ] = 0.1
    off: Annotated[
        Literal["none", "negative", "channels"],
        Field(
            description="what a fall makes: nothing; a spike of -1; or a spike in a channel of its "
            "own, those of all falls behind those of all rises"
        ),
    ] = "none"
    first: Annotated[
        Literal["zero", "same"],
        Field(description="what comes before the first step: zero, or the same values"),
    ] = "zero"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return (channels, height, width), or twice as many channels; a vector counts as these."""
        channels, *sides = super().output_shape(input_shape)
        return (2 * channels if self.off == "channels" else channels, *sides)


class GivenSettings(EncoderSettings):
    """The unit of spike times, and whether counts become spikes."""

    output_kind: ClassVar[InputKind | None] = None
    accepts: ClassVar[frozenset[Values]] = frozenset(Values)
    takes_time: ClassVar[bool | None] = None

    tau_syn: Annotated[
        float, Field(gt=0, description="in the unit of the spike times, if the data are these")
    ] = 1.0
    binary: Annotated[
        bool, Field(description="of samples with time: whether all values above 0 become 1, spikes")
    ] = False

    @classmethod
    def kinds(cls, values: Values, shape: tuple[int, ...], timed: bool) -> frozenset[InputKind]:
        """Return steps of samples with time; spike times; images of samples without time."""
        image = len(shape) == 3
        if timed:
            return frozenset({InputKind.STEPS} | ({InputKind.IMAGE_STEPS} if image else set()))
        if values is Values.SPIKE_TIMES:
            return frozenset({InputKind.SPIKE_TIMES})
        may_be_negative = values is Values.ANY
        return frozenset({InputKind.IMAGES} if image and not may_be_negative else ())

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a sample."""
        return input_shape


class PixelsSettings(ImageSettings):
    """The offset."""

    offset: Annotated[float, Field(ge=0, description="added to every value")] = 1e-20

    def channels(self, given: int) -> int:
        """Return the same number."""
        return given


class OnOffSettings(ImageSettings):
    """Around which level, and in which order."""

    dialect: Annotated[
        Literal[2022, 2023],
        Field(description="2022: around the mean of the channel; 2023: around 0.5"),
    ] = 2022
    mean: Annotated[
        tuple[float, ...] | None,
        Field(
            min_length=1,
            description="mean of each channel, for dialect 2022; null: of the training images",
        ),
    ] = None

    def channels(self, given: int) -> int:
        """Return two for each.

        Raises:
            ValueError: there is not one mean for each channel.
        """
        if self.mean is not None and len(self.mean) != given:
            raise ValueError(f"mean: expected {given}, one for each channel, got {len(self.mean)}")
        return 2 * given
