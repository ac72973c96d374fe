"""Images seen in a mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, Per

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random


class FlipSettings(AugmentationSettings):
    """Left becomes right."""

    takes_time: ClassVar[bool] = True

    probability: Annotated[float, Field(ge=0, le=1, description="of being flipped")] = 0.5
    per: Per = "image"


class Flip(Augmentation):
    """Random flips from left to right."""

    def __init__(self, settings: FlipSettings) -> None:
        self.probability, self.per = settings.probability, settings.per

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, some or all of them flipped."""
        import torch

        own = random if self.per == "image" else random.batch
        flipped = own.uniform("flip", (1, 1, 1), values) < self.probability
        return torch.where(flipped, values.flip(3), values)
