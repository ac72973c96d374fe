"""Changes to training samples that keep their class, drawn anew each time a sample is shown.

They act on values, before these are encoded; where nothing is learned, nothing is changed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from snnrun.registry import Entry, Settings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor


class AugmentationSettings(Settings):
    """Settings of a change to training samples."""

    @abstractmethod
    def check(self, input_shape: tuple[int, ...]) -> None:
        """Refuse samples of this shape if they cannot be changed so.

        Raises:
            ValueError: says what was expected.
        """


class ShiftSettings(AugmentationSettings):
    """Every image moves by a whole number of pixels each way; zeros move in."""

    pixels: Annotated[int, Field(ge=1, description="longest shift along each axis")] = 1

    def check(self, input_shape: tuple[int, ...]) -> None:
        """Refuse what is no image."""
        if len(input_shape) != 3 or min(input_shape[1:]) <= self.pixels:
            raise ValueError(
                f"shift by {self.pixels} needs larger images [channel, height, width], "
                f"not samples of shape {list(input_shape)}"
            )


class Shift:
    """Random shifts, all of them equally likely; the numbers come from torch's own generator."""

    def __init__(self, settings: ShiftSettings) -> None:
        self.pixels = settings.pixels

    def __call__(self, values: Tensor) -> Tensor:
        """Return ``values [batch, channel, height, width]``, each image shifted on its own."""
        import torch

        (batch, _, height, width), far = values.shape, self.pixels
        padded = torch.nn.functional.pad(values, (far, far, far, far)).flatten(2)
        row = width + 2 * far
        corner = torch.randint(2 * far + 1, (batch, 2)) @ torch.tensor([row, 1])
        image = (torch.arange(height)[:, None] * row + torch.arange(width)).flatten()
        index = (corner[:, None] + image)[:, None].expand(-1, values.shape[1], -1)
        return padded.gather(2, index.to(values.device)).view_as(values)


AUGMENTATIONS: Mapping[str, Entry] = {
    "shift": Entry(
        ShiftSettings, "snnrun.augmentation:Shift", "", "move each image by a few pixels"
    ),
}
