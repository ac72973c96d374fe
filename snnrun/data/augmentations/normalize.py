"""Images whose channels have about mean 0 and deviation 1: (value - mean) / std.

It is no random change, and is made where nothing is learned, too. Those before it in the list see
values in [0, 1]; so it is mostly the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Values
from snnrun.data.augmentations.base import Augmentation, AugmentationSettings

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from torch import Tensor

    from snnrun.core.random import Random

#: Mean and deviation of the channels of training images, as most published codes have them.
KNOWN: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "mnist": ((0.1307,), (0.3081,)),
    "fashion_mnist": ((0.2860,), (0.3530,)),
    # These deviations are the mean of those of each image; over all pixels, 0.247 0.2435 0.2616.
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "cifar100": ((0.507, 0.487, 0.441), (0.267, 0.256, 0.276)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
Deviation = Annotated[float, Field(gt=0)]


class NormalizeSettings(AugmentationSettings):
    """Mean and deviation, or the data set whose they are."""

    takes_time: ClassVar[bool] = True

    of: Annotated[
        Literal["mnist", "fashion_mnist", "cifar10", "cifar100", "imagenet"] | None,
        Field(description="a data set whose mean and deviation are known; null: they are said"),
    ] = None
    mean: Annotated[
        tuple[float, ...] | None,
        Field(min_length=1, description="of each channel, or one for all"),
    ] = None
    std: Annotated[
        tuple[Deviation, ...] | None,
        Field(min_length=1, description="of each channel, or one for all"),
    ] = None

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        said = [name for name in ("mean", "std") if getattr(self, name) is not None]
        if self.of is not None and said:
            raise ValueError(f"of: must be null where {' and '.join(said)} are said")
        if self.of is None and len(said) < 2:
            raise ValueError("mean: expected mean and std, or the name of a data set under `of`")
        return self

    @property
    def constants(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation."""
        return KNOWN[self.of] if self.of is not None else (self.mean or (), self.std or ())

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same shape; refuse images of another number of channels."""
        shape = super().output_shape(input_shape)
        for name, each in zip(("mean", "std"), self.constants, strict=True):
            if len(each) not in (1, shape[0]):
                raise ValueError(
                    f"{name} of {len(each)} channels; expected {shape[0]}, as the images have, or 1"
                )
        return shape

    def output_values(self, values: Values) -> Values:
        """Return any."""
        return Values.ANY


class Normalize(Augmentation):
    """Normalised channels."""

    random: ClassVar[bool] = False

    def __init__(self, settings: NormalizeSettings) -> None:
        self.mean, self.std = settings.constants

    def __call__(self, values: Tensor, random: Random) -> Tensor:
        """Return ``values [batch, channel, height, width]``, normalised."""
        return self.still(values)

    def still(self, values: Tensor) -> Tensor:
        """Return the same, where nothing is learned."""
        return (values - self._channels(self.mean, values)) / self._channels(self.std, values)

    @staticmethod
    def _channels(numbers: tuple[float, ...], values: Tensor) -> Tensor:
        """Return a number for each channel ``[channel, 1, 1]``; of samples with time, each step."""
        each = values.new_tensor(numbers).repeat(values.shape[1] // len(numbers))
        return each[:, None, None]
