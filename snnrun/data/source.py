"""Where samples come from: in memory or on disk, read by number."""

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.capabilities import Values
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


class ArraySource(Source):
    """Samples in an array, in memory or mapped from a file.

    Args:
        values: ``[samples, *shape]``, numbers of any type.
        targets: ``[samples]``, int64, of classes; else ``[samples, ...]``.
        unit: values are divided by this, in float32, as they are read; None: floats as they are.

    Raises:
        DataError: if shapes or types disagree, or there is no sample.
    """

    def __init__(self, values: Array, targets: Array, unit: float | None = None) -> None:
        self.values, self._targets, self.unit = values, targets, unit
        self.lazy = isinstance(values, np.memmap)
        if values.ndim < 2 or targets.shape[:1] != values.shape[:1] or not len(targets):
            seen = f"{list(values.shape)} and {list(targets.shape)}"
            raise DataError(
                f"inputs and labels have shapes {seen}; expected [samples, ...] and [samples]"
            )
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
        return self._scaled(self.values[numbers]), self._targets[numbers]

    def digest(self) -> str:
        """Return the SHA-256 of values and targets; for an array on disk, of its file's state."""
        found = hashlib.sha256(repr((self.values.dtype, self.values.shape, self.unit)).encode())
        if isinstance(self.values, np.memmap) and self.values.filename:
            file = Path(self.values.filename)
            found.update(repr((file.name, file.stat().st_size, file.stat().st_mtime_ns)).encode())
        else:
            found.update(np.ascontiguousarray(self.values).data)
        found.update(np.ascontiguousarray(self._targets).data)
        return found.hexdigest()

    def targets(self) -> Array:
        """Return all targets."""
        return self._targets

    def range(self) -> tuple[float, float] | None:
        """Return the smallest and largest value; None of an array that is mapped from a file."""
        if self.lazy:
            return None
        unit = 1.0 if self.unit is None else self.unit
        return float(self.values.min()) / unit, float(self.values.max()) / unit

    @property
    def inputs(self) -> FloatArray:
        """All values, scaled."""
        return self._scaled(self.values)

    @property
    def labels(self) -> Labels:
        """All targets, where these are classes."""
        return self._targets

    def part(self, start: int | None, stop: int | None) -> "ArraySource":
        """Return the samples from one number to another, without copying them."""
        chosen = slice(start, stop)
        return ArraySource(self.values[chosen], self._targets[chosen], self.unit)

    def _scaled(self, values: Array) -> FloatArray:
        return values if self.unit is None else values / np.float32(self.unit)


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
    if allowed is Values.UNIT and not (low >= 0 and high <= 1):
        raise DataError(f"{where}: values reach from {low:g} to {high:g}; expected [0, 1]")
    if allowed is Values.COUNTS and low < 0:
        raise DataError(f"{where}: values reach down to {low:g}; expected 0 and more")
