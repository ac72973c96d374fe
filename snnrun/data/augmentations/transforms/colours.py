"""Changes of torchvision that change the values of pixels, and those that change everything."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Values
from snnrun.data.augmentations.transforms.settings import (
    Chance,
    Interpolation,
    Positive,
    PositiveRange,
    Share,
    TransformSettings,
)

Bins = Annotated[int, Field(ge=2, description="steps that a magnitude may take")]


class ColourSettings(TransformSettings):
    """The arguments of a change that blends or counts pixels, and cuts values to [0, 1]."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT})

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images that are neither grey nor coloured."""
        shape = super().output_shape(input_shape)
        if shape[0] not in (1, 3):
            raise ValueError(f"{self.name()} needs images of 1 or 3 channels, not {shape[0]}")
        return shape


class RandomGrayscaleSettings(ColourSettings):
    """How often colours go."""

    p: Chance = 0.1


class GaussianBlurSettings(TransformSettings):
    """How much images are blurred."""

    kernel_size: Annotated[int, Field(ge=1, description="pixels, odd")] = 3
    sigma: Annotated[PositiveRange, Field(description="range of the width, pixels")] = (0.1, 2.0)

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size: must be odd, got {self.kernel_size}")
        return self

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images that are too small for the kernel."""
        return self.wider(self.kernel_size // 2, input_shape)


class GaussianNoiseSettings(TransformSettings):
    """The noise that is added to every pixel; values are cut to [0, 1] again."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT})

    mean: float = 0.0
    sigma: Annotated[float, Field(ge=0, description="standard deviation")] = 0.1


class RandomInvertSettings(ColourSettings):
    """How often light and dark change places."""

    p: Chance = 0.5


class RandomPosterizeSettings(ColourSettings):
    """How many bits are left of a value, and how often."""

    bits: Annotated[int, Field(ge=1, le=8)] = 4
    p: Chance = 0.5


class RandomSolarizeSettings(ColourSettings):
    """Above which value pixels are inverted, and how often."""

    threshold: Share = 0.5
    p: Chance = 0.5


class RandomAdjustSharpnessSettings(ColourSettings):
    """How sharp images become, and how often."""

    sharpness_factor: Annotated[float, Field(ge=0, description="0: blurred; 1: as before")] = 2.0
    p: Chance = 0.5


class RandomAutocontrastSettings(ColourSettings):
    """How often values are stretched to [0, 1]."""

    p: Chance = 0.5


class RandomEqualizeSettings(ColourSettings):
    """How often all values are made equally frequent."""

    p: Chance = 0.5


class RandAugmentSettings(ColourSettings):
    """How many changes, and how strong."""

    num_ops: Annotated[int, Field(ge=1, description="changes in a row")] = 2
    magnitude: Annotated[int, Field(ge=0, description="strength, of num_magnitude_bins")] = 9
    num_magnitude_bins: Bins = 31
    interpolation: Interpolation = "nearest"

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.magnitude >= self.num_magnitude_bins:
            raise ValueError(
                f"magnitude: must be less than num_magnitude_bins = {self.num_magnitude_bins}, "
                f"got {self.magnitude}"
            )
        return self


class TrivialAugmentWideSettings(ColourSettings):
    """One change of any strength."""

    num_magnitude_bins: Bins = 31
    interpolation: Interpolation = "nearest"


class AutoAugmentSettings(ColourSettings):
    """The data set whose policy is followed."""

    policy: Literal["imagenet", "cifar10", "svhn"] = "imagenet"
    interpolation: Interpolation = "nearest"


class AugMixSettings(ColourSettings):
    """How many chains of changes are mixed, and how strong these are."""

    severity: Annotated[int, Field(ge=1, le=10)] = 3
    mixture_width: Annotated[int, Field(ge=1, description="chains")] = 3
    chain_depth: Annotated[int, Field(ge=-1, description="of a chain; -1: 1 to 3")] = -1
    alpha: Annotated[Positive, Field(description="of the Dirichlet distribution")] = 1.0
    interpolation: Interpolation = "bilinear"
