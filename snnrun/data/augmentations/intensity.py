"""Values times a factor, in training and where nothing is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.core.capabilities import Values
from snnrun.data.augmentations.base import Augmentation, AugmentationSettings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random


class IntensitySettings(AugmentationSettings):
    """The factor; beyond 1, values of the unit interval become values of 0 and more."""

    takes_time: ClassVar[bool] = True

    factor: Annotated[float, Field(gt=0, description="of all values")] = 0.5

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape."""
        return input_shape

    def output_values(self, values: Values) -> Values:
        """Return the same, or values of 0 and more."""
        return Values.COUNTS if values is Values.UNIT and self.factor > 1 else values


class Intensity(Augmentation):
    """Brighter or darker samples."""

    random: ClassVar[bool] = False

    def __init__(self, settings: IntensitySettings) -> None:
        self.factor = settings.factor

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, *shape]``, times the factor."""
        return self.still(values)

    def still(self, values: Tensor) -> Tensor:
        """Return the same, where nothing is learned."""
        return self.factor * values
