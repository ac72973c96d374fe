"""What every data set is: three splits of labelled arrays, checked when they are put together."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from snnrun.core.registry import Settings
from snnrun.errors import DataError

FloatArray = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.int64]
Count = Annotated[int, Field(gt=0, description="number of samples")]
Seed = Annotated[int, Field(ge=0, lt=2**32, description="seed of the random numbers")]
Validation = Annotated[
    Literal["held_out", "test"],
    Field(
        description="held_out: the last sixth of the training file validates and does not train; "
        "test: all of it trains, and the test images validate too, so the best epoch has seen them"
    ),
]


class DataSettings(Settings, ABC):
    """Settings of a data set; they know the shape and the classes without loading anything."""

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample, such as ``(1, 28, 28)``: channel, height, width."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; label ``k`` means ``classes[k]``."""


class Sizes(Settings):
    """How many samples a data set that makes its own draws for each split."""

    train: Count = 5000
    validation: Count = 1000
    test: Count = 1000


class Seeds(Settings):
    """The seed of each split of a data set that makes its own samples."""

    train: Seed = 42
    validation: Seed = 41
    test: Seed = 40


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled samples.

    inputs: ``[samples, *input_shape]``, float32 or float64, every value in [0, 1].
    labels: ``[samples]``, int64.

    Raises:
        DataError: if shapes or types disagree, the split is empty, or a value leaves [0, 1].
    """

    inputs: FloatArray
    labels: Labels

    def __post_init__(self) -> None:
        if self.inputs.dtype not in (np.float32, np.float64) or self.labels.dtype != np.int64:
            seen = f"{self.inputs.dtype} and {self.labels.dtype}"
            raise DataError(f"inputs and labels are {seen}; expected floats and int64")
        if self.inputs.ndim < 2 or self.labels.shape != self.inputs.shape[:1] or not len(self):
            seen = f"{list(self.inputs.shape)} and {list(self.labels.shape)}"
            raise DataError(
                f"inputs and labels have shapes {seen}; expected [samples, ...] and [samples]"
            )
        low, high = float(self.inputs.min()), float(self.inputs.max())
        if not (low >= 0 and high <= 1):
            raise DataError(f"inputs reach from {low:g} to {high:g}; expected values in [0, 1]")

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set that is ready to use.

    Raises:
        DataError: if the splits differ in input shape or a label has no class.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split

    def __post_init__(self) -> None:
        for name, split in self.splits():
            shape, labels = split.inputs.shape[1:], split.labels
            if shape != self.input_shape:
                raise DataError(
                    f"{self.name}: samples of split {name} have shape {list(shape)}; "
                    f"expected {list(self.input_shape)} as in train"
                )
            if labels.min() < 0 or labels.max() >= self.num_classes:
                raise DataError(
                    f"{self.name}: labels of split {name} reach from {labels.min()} to "
                    f"{labels.max()}; expected 0 to {self.num_classes - 1}"
                )

    def splits(self) -> Iterator[tuple[str, Split]]:
        """Yield name and data of train, validation and test, in this order."""
        yield from (("train", self.train), ("validation", self.validation), ("test", self.test))

    @classmethod
    def of_files(
        cls,
        name: str,
        classes: tuple[str, ...],
        train: Split,
        test: Split,
        validation: Literal["held_out", "test"],
    ) -> Self:
        """Return a data set of two files, of which the last sixth of the first may validate."""
        if validation == "test":
            return cls(name, classes, train, test, test)
        cut = len(train) * 5 // 6
        parts = slice(None, cut), slice(cut, None)
        head, tail = (Split(train.inputs[part], train.labels[part]) for part in parts)
        return cls(name, classes, head, tail, test)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.train.inputs.shape[1:]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)
