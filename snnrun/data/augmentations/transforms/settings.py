"""What the settings of all changes of torchvision have in common; types of their arguments."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from snnrun.data.augmentations.base import AugmentationSettings


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"must ascend, got {list(pair)}")
    return pair


Chance = Annotated[float, Field(ge=0, le=1, description="probability of being changed")]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Range = Annotated[tuple[float, float], AfterValidator(_ascending)]
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_ascending)]
Interpolation = Literal["nearest", "bilinear"]
Fill = Annotated[float, Field(description="value of pixels that move in")]
Degrees = Annotated[
    Annotated[float, Field(ge=0)] | Range,
    Field(description="range of the angle; a single number d: from -d to d"),
]


class TransformSettings(AugmentationSettings):
    """The arguments of a change of torchvision.

    change: the class that makes it.
    """

    change: ClassVar[str] = "Transform"

    @classmethod
    def name(cls) -> str:
        """Return what torchvision calls it."""
        return cls.__name__.removesuffix("Settings")

    def arguments(self) -> dict[str, Any]:
        """Return the arguments."""
        return self.model_dump()

    def wider(self, pixels: int, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of images that are mirrored by so many pixels at their edges.

        Raises:
            ValueError: they have no more than that.
        """
        shape = super().output_shape(input_shape)
        if min(shape[1:]) <= pixels:
            raise ValueError(
                f"{self.name()} needs images of more than {pixels} x {pixels} pixels, not "
                f"{shape[1]} x {shape[2]}"
            )
        return shape
