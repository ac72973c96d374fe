"""What every change to training samples can tell, and what it does where nothing is learned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Values
from snnrun.core.registry import Settings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random

Per = Annotated[
    Literal["image", "batch"],
    Field(description="draw anew for each image, or once for all images of a batch"),
]


class AugmentationSettings(Settings):
    """Settings of a change to training samples.

    accepts: which values samples may have.
    """

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS, Values.ANY})

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a changed sample.

        Raises:
            ValueError: samples of this shape cannot be changed so; says what was expected.
        """
        if len(input_shape) != 3:
            raise ValueError(
                f"changes images [channel, height, width], not samples of shape {list(input_shape)}"
            )
        return input_shape


class Augmentation(ABC):
    """A random change to samples, most often images."""

    @abstractmethod
    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, changed.

        Args:
            values: of samples.
            random: the random numbers of these samples, and of their batch.
        """

    def still(self, values: Tensor) -> Tensor:
        """Return what the network is shown of ``values`` where nothing is learned."""
        return values
