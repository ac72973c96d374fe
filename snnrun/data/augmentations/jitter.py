"""Images in other light: brightness, contrast, saturation and hue, in random order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.core.capabilities import Values
from snnrun.data.augmentations.base import Augmentation, AugmentationSettings, Per

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random

Width = Annotated[float, Field(ge=0, le=1)]


class JitterSettings(AugmentationSettings):
    """How far each of them may differ: a factor in [1 - x, 1 + x], of the hue a turn of +- x."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT})

    brightness: Annotated[Width, Field(description="of the brightness")] = 0.5
    contrast: Annotated[Width, Field(description="of the contrast")] = 0.1
    saturation: Annotated[Width, Field(description="of the saturation; grey images have none")] = (
        0.1
    )
    hue: Annotated[
        float, Field(ge=0, le=0.5, description="of the hue, in turns; grey images have none")
    ] = 0.15
    per: Per = "image"

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images that are neither grey nor coloured."""
        shape = super().output_shape(input_shape)
        if shape[0] not in (1, 3):
            raise ValueError(f"jitter needs images of 1 or 3 channels, not {shape[0]}")
        return shape


class Jitter(Augmentation):
    """The colour jitter of torchvision."""

    def __init__(self, settings: JitterSettings) -> None:
        from snnrun.data.torchvision_door import torchvision

        widths = settings.model_dump(exclude={"per"})
        self.jitter, self.per = torchvision().transforms.ColorJitter(**widths), settings.per

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, 1 or 3, height, width]`` in [0, 1], in other light."""
        from snnrun.data.augmentations.seeded import one_by_one, seeded

        if self.per == "image":
            return one_by_one(self.jitter, values, random.seeds("jitter"))
        with seeded(random.batch.seeds("jitter")[0]):
            changed: Tensor = self.jitter(values)
        return changed
