"""A square of each image filled with one value.

Its middle is any pixel of the image, all of them equally likely, so near an edge only a part of the
square lies on the image: of length s around row r, rows r - floor(s/2) to r - floor(s/2) + s - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, Per

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random


class CutoutSettings(AugmentationSettings):
    """How large the square is, and what fills it."""

    takes_time: ClassVar[bool] = True

    length: Annotated[int, Field(ge=1, description="pixels a side")] = 16
    value: Annotated[float, Field(ge=0, le=1, description="of the pixels of the square")] = 0.0
    per: Per = "image"


class Cutout(Augmentation):
    """Random squares, filled with one value."""

    def __init__(self, settings: CutoutSettings) -> None:
        self.length, self.value, self.per = settings.length, settings.value, settings.per

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]`` with a square of each filled."""
        own = random if self.per == "image" else random.batch
        height, width = values.shape[2:]
        rows = self._inside(own.integers("cutout row", height), height)
        columns = self._inside(own.integers("cutout column", width), width)
        square = rows[:, None, :, None] & columns[:, None, None, :]
        return values.masked_fill(square.to(values.device), self.value)

    def _inside(self, middle: Tensor, size: int) -> Tensor:
        """Return which pixels ``[batch, size]`` of an axis the squares cover."""
        import torch

        first = middle[:, None] - self.length // 2
        place = torch.arange(size)
        return (first <= place) & (place < first + self.length)
