"""Changes of torchvision that move pixels."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from snnrun.data.augmentations.transforms.settings import (
    Chance,
    Degrees,
    Fill,
    Interpolation,
    Positive,
    PositiveRange,
    Share,
    TransformSettings,
)
from snnrun.data.dataset import Size


class RandomRotationSettings(TransformSettings):
    """How far images turn."""

    degrees: Degrees = 10.0
    interpolation: Interpolation = "nearest"
    fill: Fill = 0.0


class RandomAffineSettings(TransformSettings):
    """How far images turn, move, grow and lean."""

    degrees: Degrees = 10.0
    translate: Annotated[
        tuple[Share, Share] | None, Field(description="longest shift, as a share of each side")
    ] = None
    scale: Annotated[PositiveRange | None, Field(description="range of the factor")] = None
    shear: Annotated[Degrees | None, Field(description="range of the angle, degrees")] = None
    interpolation: Interpolation = "nearest"
    fill: Fill = 0.0


class RandomPerspectiveSettings(TransformSettings):
    """How far the corners move."""

    distortion_scale: Annotated[Share, Field(description="as a share of half a side")] = 0.5
    p: Chance = 0.5
    interpolation: Interpolation = "bilinear"
    fill: Fill = 0.0


class RandomResizedCropSettings(TransformSettings):
    """Which part is cut out, and to which size it comes; where nothing is learned, all of it."""

    change: ClassVar[str] = "ResizedCrop"

    size: Annotated[
        Size | tuple[Size, Size] | None, Field(description="pixels; null: as before the cut")
    ] = None
    scale: Annotated[PositiveRange, Field(description="share of the area")] = (0.08, 1.0)
    ratio: Annotated[PositiveRange, Field(description="width over height")] = (3 / 4, 4 / 3)
    interpolation: Interpolation = "bilinear"
    antialias: bool = True

    def arguments(self) -> dict[str, Any]:
        """Return the arguments; of a size that is not said, any."""
        return {**super().arguments(), "size": self.size or 1}

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the channels and the size."""
        channels, *sides = super().output_shape(input_shape)
        if self.size is not None:
            sides = [self.size] * 2 if isinstance(self.size, int) else list(self.size)
        return (channels, *sides)


class RandomVerticalFlipSettings(TransformSettings):
    """How often images stand on their head."""

    p: Chance = 0.5


class ElasticTransformSettings(TransformSettings):
    """How far pixels move, and over which distance they move alike."""

    alpha: Annotated[float, Field(ge=0, description="strength, pixels")] = 50.0
    sigma: Annotated[Positive, Field(description="smoothness, pixels")] = 5.0
    interpolation: Interpolation = "bilinear"
    fill: Fill = 0.0

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images that are too small to be smooth."""
        return self.wider(int(4 * self.sigma + 0.5), input_shape)


class RandomErasingSettings(TransformSettings):
    """How large a rectangle is erased, and with what."""

    p: Chance = 0.5
    scale: Annotated[PositiveRange, Field(description="share of the area")] = (0.02, 0.33)
    ratio: Annotated[PositiveRange, Field(description="height over width")] = (0.3, 3.3)
    value: Annotated[float, Field(description="what is put in its place")] = 0.0
