"""What every change to training samples can tell, and what it does where nothing is learned.

Samples with time, ``[time, channel, height, width]``, are changed as a whole: a change is shown
their steps as further channels, so that one draw moves all of them alike.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
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
    takes_time: whether samples may have a time axis: all channels are changed alike, however many.
    """

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS, Values.ANY})
    takes_time: ClassVar[bool] = False

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

    def output_values(self, values: Values) -> Values:
        """Return which values changed samples have, for samples with these."""
        return values


class Augmentation(ABC):
    """A change to samples, most often images.

    random: whether it draws; one that does not makes a sample the same each time.
    """

    random: ClassVar[bool] = True

    @abstractmethod
    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, changed.

        Where samples have time, all steps of a sample count as channels.

        Args:
            values: of samples.
            random: the random numbers of these samples, and of their batch.
        """

    def still(self, values: Tensor) -> Tensor:
        """Return what the network is shown of ``values`` where nothing is learned."""
        return values


def changed(
    augmentations: Sequence[Augmentation], values: Tensor, random: Random | None = None
) -> Tensor:
    """Return samples as they are shown, each change made after the other.

    Args:
        augmentations: the changes.
        values: ``[batch, ...]``; with time, images are ``[batch, time, channel, height, width]``.
        random: the random numbers of these samples; None: nothing is learned.
    """
    timed = values.shape[1:3] if values.dim() == 5 and augmentations else None
    if timed:
        values = values.flatten(1, 2)
    for index, augment in enumerate(augmentations):
        own = random and random.of(f"augment.{index}")
        values = augment(values, own) if own else augment.still(values)
    return values.reshape(len(values), *timed, *values.shape[2:]) if timed else values
