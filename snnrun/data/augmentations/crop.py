"""Images cut to a smaller size: anywhere in training, to the middle elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, Per

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random


class CropSettings(AugmentationSettings):
    """How much smaller images become: every axis loses twice the number of pixels."""

    takes_time: ClassVar[bool] = True

    pixels: Annotated[int, Field(ge=1, description="pixels around the middle that go")] = 2
    per: Per = "image"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of what is left; refuse images of which nothing is."""
        channels, height, width = super().output_shape(input_shape)
        if min(height, width) <= 2 * self.pixels:
            raise ValueError(
                f"crop by {self.pixels} pixels at each side needs images of more than "
                f"{2 * self.pixels} x {2 * self.pixels} pixels, not {height} x {width}"
            )
        return channels, height - 2 * self.pixels, width - 2 * self.pixels


class Crop(Augmentation):
    """Random crops, all of them equally likely; the middle where nothing is learned."""

    def __init__(self, settings: CropSettings) -> None:
        self.pixels, self.per = settings.pixels, settings.per

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, cropped."""
        import torch

        height, width = (size - 2 * self.pixels for size in values.shape[2:])
        batch = len(values)
        own = random if self.per == "image" else random.batch
        top, left = own.integers("crop", 2 * self.pixels + 1, (2,)).T.expand(2, batch)
        windows = values.unfold(2, height, 1).unfold(3, width, 1)
        return windows[torch.arange(batch), :, top, left]

    def still(self, values: Tensor) -> Tensor:
        """Return the middle."""
        edge = self.pixels
        return values[:, :, edge:-edge, edge:-edge].contiguous()
