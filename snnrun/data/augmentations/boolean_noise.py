"""Bits that are not sharp: 0 becomes a number a little above it, 1 one a little below it.

With u evenly in [0, 1), a value of 0 becomes u low, a value of 1 becomes high + u (1 - high); all
others stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.core.capabilities import Values
from snnrun.data.augmentations.base import Augmentation, AugmentationSettings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random

Value = Annotated[float, Field(ge=0, le=1)]


class BooleanNoiseSettings(AugmentationSettings):
    """How far from 0 and from 1; samples of any shape."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT})

    low: Annotated[Value, Field(description="what 0 stays below")] = 0.2
    high: Annotated[Value, Field(description="what 1 stays above")] = 0.8

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape."""
        return input_shape


class BooleanNoise(Augmentation):
    """Uniform noise on values that are 0 or 1, of each value its own."""

    def __init__(self, settings: BooleanNoiseSettings) -> None:
        self.low, self.high = settings.low, settings.high

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, *shape]``, their zeros and ones blurred."""
        import torch

        drawn = random.uniform("boolean noise", values.shape[1:], values)
        blurred = torch.where(values == 1, self.high + (1 - self.high) * drawn, values)
        return torch.where(values == 0, self.low * drawn, blurred)
