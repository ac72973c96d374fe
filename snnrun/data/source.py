"""Where samples come from: in memory or on disk, read by number."""

import hashlib
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.capabilities import Values
from snnrun.core.episodes import Environment
from snnrun.errors import DataError

Array = NDArray[Any]
Numbers = NDArray[np.int64]
FloatArray = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.int64]


class Source(ABC):
    """Samples with their targets, read by number; what they are, the settings of the set tell.

    lazy: whether samples are read when they are asked for, and so are checked then.
    """

    lazy = True

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of samples."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""

    @abstractmethod
    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return values ``[n, *shape]``, float32 or float64, and targets ``[n, ...]``.

        Raises:
            DataError: a file is absent or damaged.
        """

    @abstractmethod
    def digest(self) -> str:
        """Return what tells these samples from others: a SHA-256 of them, or of what names them."""

    def targets(self) -> Array | None:
        """Return all targets ``[samples, ...]``; None where all samples would have to be read."""
        return None

    def range(self) -> tuple[float, float] | None:
        """Return the smallest and largest value; None of a lazy source."""
        return None

    def environment(self) -> Environment:
        """Return what the episodes of a source run in, whose targets are actions."""
        raise NotImplementedError(f"{type(self).__name__} has no environment")

    def part(self, start: int | None, stop: int | None) -> "Source":
        """Return the samples from one number to another, without copying them."""
        return Subset(self, np.arange(len(self))[start:stop])


class Subset(Source):
    """Some samples of another source.

    Args:
        whole: the source.
        numbers: which of its samples, in the order that they get here.
    """

    def __init__(self, whole: Source, numbers: Numbers) -> None:
        self.whole, self.numbers, self.lazy = whole, numbers, whole.lazy

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.whole.shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return values and targets of some samples."""
        return self.whole.read(self.numbers[numbers])

    def environment(self) -> Environment:
        """Return that of the whole."""
        return self.whole.environment()

    def digest(self) -> str:
        """Return a SHA-256 of the digest of the whole, and of the numbers."""
        return hashlib.sha256(self.whole.digest().encode() + self.numbers.tobytes()).hexdigest()

    def targets(self) -> Array | None:
        """Return the targets of these samples, if those of all are known."""
        known = self.whole.targets()
        return None if known is None else known[self.numbers]

    def range(self) -> tuple[float, float] | None:
        """Return the smallest and largest value of the whole; None of a lazy source."""
        return self.whole.range()


class ArraySource(Source):
    """Samples in an array in memory.

    Args:
        values: ``[samples, *shape]``, numbers of any type.
        targets: ``[samples]``, int64, of classes; else ``[samples, ...]``.
        unit: values are divided by this as they are read; None: floats as they are.

    Raises:
        DataError: if shapes or types disagree, or there is no sample.
    """

    lazy = False

    def __init__(self, values: Array, targets: Array, unit: float | None = None) -> None:
        self.values, self._targets, self.unit = values, targets, unit
        check_pair(values.shape, targets.shape)
        if unit is None and values.dtype not in (np.float32, np.float64):
            raise DataError(f"inputs are {values.dtype}; expected floats")

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.values.shape[1:]

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return values and targets of some samples."""
        return scaled(self.values[numbers], self.unit), self._targets[numbers]

    def digest(self) -> str:
        """Return the SHA-256 of values and targets."""
        found = hashlib.sha256(repr((self.values.dtype, self.values.shape, self.unit)).encode())
        found.update(np.ascontiguousarray(self.values).data)
        found.update(np.ascontiguousarray(self._targets).data)
        return found.hexdigest()

    def targets(self) -> Array:
        """Return all targets."""
        return self._targets

    def range(self) -> tuple[float, float]:
        """Return the smallest and largest value."""
        unit = 1.0 if self.unit is None else self.unit
        return float(self.values.min()) / unit, float(self.values.max()) / unit

    @property
    def inputs(self) -> FloatArray:
        """All values, scaled."""
        return scaled(self.values, self.unit)

    @property
    def labels(self) -> Labels:
        """All targets, where these are classes."""
        return self._targets

    def part(self, start: int | None, stop: int | None) -> "ArraySource":
        """Return the samples from one number to another, without copying them."""
        chosen = slice(start, stop)
        return ArraySource(self.values[chosen], self._targets[chosen], self.unit)


def check_pair(values: tuple[int, ...], targets: tuple[int, ...]) -> None:
    """Refuse shapes of values and targets that do not belong together.

    Raises:
        DataError: there are no samples, or more values than targets, or the other way round.
    """
    if len(values) < 2 or targets[:1] != values[:1] or not targets[0]:
        raise DataError(
            f"values and targets have shapes {list(values)} and {list(targets)}; "
            "expected [samples, ...] and [samples] or [samples, ...]"
        )


def scaled(values: Array, unit: float | None) -> FloatArray:
    """Return values in their unit; floats keep their type, other numbers become float32."""
    if unit is None:
        return values
    if values.dtype in (np.float32, np.float64):
        in_unit: FloatArray = values / values.dtype.type(unit)
        return in_unit
    return np.divide(values, np.float32(unit), dtype=np.float32)


#: Of a value: sums of many are still numbers of single precision.
LARGEST = 1e30


def check_range(low: float, high: float, allowed: Values, where: str) -> None:
    """Refuse values outside the range that a data set promises.

    Args:
        low, high: the smallest and the largest value, nan if any is nan.
        allowed: which values there may be.
        where: what they are of.

    Raises:
        DataError: they reach beyond, or are not finite.
    """
    if allowed is Values.SPIKE_TIMES:
        if not low >= 0:
            raise DataError(
                f"{where}: spike times reach down to {low:g}; expected 0 and more, inf = no spike"
            )
        return
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError(f"{where}: values reach from {low:g} to {high:g}; expected finite ones")
    if max(-low, high) > LARGEST:
        raise DataError(
            f"{where}: values reach from {low:g} to {high:g}; expected none beyond {LARGEST:g}"
        )
    if allowed is Values.UNIT and not (low >= 0 and high <= 1):
        raise DataError(f"{where}: values reach from {low:g} to {high:g}; expected [0, 1]")
    if allowed is Values.COUNTS and low < 0:
        raise DataError(f"{where}: values reach down to {low:g}; expected 0 and more")
