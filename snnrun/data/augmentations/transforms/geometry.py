"""Changes of torchvision that move pixels."""

from typing import Annotated, Any, ClassVar, Literal

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


class GeometrySettings(TransformSettings):
    """The arguments of a change that moves the pixels of all channels alike."""

    takes_time: ClassVar[bool] = True


class RandomRotationSettings(GeometrySettings):
    """How far images turn."""

    degrees: Degrees = 10.0
    interpolation: Interpolation = "nearest"
    fill: Fill = 0.0


class RandomAffineSettings(GeometrySettings):
    """How far images turn, move, grow and lean."""

    degrees: Degrees = 10.0
    translate: Annotated[
        tuple[Share, Share] | None, Field(description="longest shift, as a share of each side")
    ] = None
    scale: Annotated[PositiveRange | None, Field(description="range of the factor")] = None
    shear: Annotated[Degrees | None, Field(description="range of the angle, degrees")] = None
    interpolation: Interpolation = "nearest"
    fill: Fill = 0.0


class RandomPerspectiveSettings(GeometrySettings):
    """How far the corners move."""

    distortion_scale: Annotated[Share, Field(description="as a share of half a side")] = 0.5
    p: Chance = 0.5
    interpolation: Interpolation = "bilinear"
    fill: Fill = 0.0


class RandomResizedCropSettings(GeometrySettings):
    """Which part is cut out, and to which size it comes."""

    change: ClassVar[str] = "ResizedCrop"

    size: Annotated[
        Size | tuple[Size, Size] | None, Field(description="pixels; null: as before the cut")
    ] = None
    scale: Annotated[PositiveRange, Field(description="share of the area")] = (0.08, 1.0)
    ratio: Annotated[PositiveRange, Field(description="width over height")] = (3 / 4, 4 / 3)
    interpolation: Interpolation = "bilinear"
    antialias: bool = True
    evaluation: Annotated[
        Literal["whole", "middle"],
        Field(description="where nothing is learned: all of it, resized, or the middle, cut out"),
    ] = "whole"

    def arguments(self) -> dict[str, Any]:
        """Return the arguments; of a size that is not said, any."""
        return {**self.model_dump(exclude={"evaluation"}), "size": self.size or 1}

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the channels and the size; refuse images whose middle is smaller than that."""
        channels, height, width = super().output_shape(input_shape)
        if self.size is None:
            return (channels, height, width)
        sides = (self.size, self.size) if isinstance(self.size, int) else self.size
        if self.evaluation == "middle" and (sides[0] > height or sides[1] > width):
            raise ValueError(
                f"the middle of {sides[0]} x {sides[1]} pixels needs images of as many, not "
                f"{height} x {width}"
            )
        return (channels, *sides)


class RandomVerticalFlipSettings(GeometrySettings):
    """How often images stand on their head."""

    p: Chance = 0.5


class ElasticTransformSettings(GeometrySettings):
    """How far pixels move, and over which distance they move alike."""

    alpha: Annotated[float, Field(ge=0, description="strength, pixels")] = 50.0
    sigma: Annotated[Positive, Field(description="smoothness, pixels")] = 5.0
    interpolation: Interpolation = "bilinear"
    fill: Fill = 0.0

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images that are too small to be smooth."""
        return self.wider(int(4 * self.sigma + 0.5), input_shape)


class RandomErasingSettings(GeometrySettings):
    """How large a rectangle is erased, and with what."""

    p: Chance = 0.5
    scale: Annotated[PositiveRange, Field(description="share of the area")] = (0.02, 0.33)
    ratio: Annotated[PositiveRange, Field(description="height over width")] = (0.3, 3.3)
    value: Annotated[float, Field(description="what is put in its place")] = 0.0
