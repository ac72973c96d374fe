"""Images that move by a few pixels and keep their size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.data.augmentations.base import Augmentation, AugmentationSettings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random


class ShiftSettings(AugmentationSettings):
    """By how many pixels, a whole number each way, and what moves in."""

    takes_time: ClassVar[bool] = True

    pixels: Annotated[int, Field(ge=1, description="longest shift along each axis")] = 1
    edge: Annotated[
        Literal["zeros", "wrap"],
        Field(description="zeros move in, or what moved out at the other side"),
    ] = "zeros"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse what is no image, or too small."""
        if len(input_shape) != 3 or min(input_shape[1:]) <= self.pixels:
            raise ValueError(
                f"shift by {self.pixels} needs larger images [channel, height, width], "
                f"not samples of shape {list(input_shape)}"
            )
        return input_shape


class Shift(Augmentation):
    """Random shifts, all of them equally likely."""

    def __init__(self, settings: ShiftSettings) -> None:
        self.pixels, self.edge = settings.pixels, settings.edge

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, each image shifted on its own."""
        import torch

        (_, _, height, width), far = values.shape, self.pixels
        mode = "constant" if self.edge == "zeros" else "circular"
        padded = torch.nn.functional.pad(values, (far, far, far, far), mode=mode).flatten(2)
        row = width + 2 * far
        corner = random.integers("shift", 2 * far + 1, (2,)) @ torch.tensor([row, 1])
        image = (torch.arange(height)[:, None] * row + torch.arange(width)).flatten()
        index = (corner[:, None] + image)[:, None].expand(-1, values.shape[1], -1)
        return padded.gather(2, index.to(values.device)).view_as(values)
