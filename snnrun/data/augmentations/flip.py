"""Images seen in a mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, Per

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor


class FlipSettings(AugmentationSettings):
    """Left becomes right."""

    probability: Annotated[float, Field(ge=0, le=1, description="of being flipped")] = 0.5
    per: Per = "image"


class Flip(Augmentation):
    """Random flips from left to right."""

    def __init__(self, settings: FlipSettings) -> None:
        self.probability, self.per = settings.probability, settings.per

    def __call__(self, values: Tensor) -> Tensor:
        """Return ``values [batch, channel, height, width]``, some or all of them flipped."""
        import torch

        draws = len(values) if self.per == "image" else 1
        flipped = (torch.rand(draws) < self.probability).to(values.device)
        return torch.where(flipped[:, None, None, None], values.flip(3), values)
