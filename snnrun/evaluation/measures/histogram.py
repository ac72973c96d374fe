"""Histograms of numbers whose range is not known before the last of them has been seen."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bins at most; of two and more times as many as a figure shows.
BINS = 4096
_FINEST = 2.0**-20


class Histogram:
    """Counts numbers in bins whose width is a power of two, and doubles where it must.

    Bins begin at multiples of their width, so two neighbours make a wider one exactly: the result
    is the same whatever came first.

    Example:
        >>> counted = Histogram()
        >>> for part in ([0.0, 2.0**-20], [0.5, np.inf]):
        ...     counted.add(np.array(part))
        >>> int(counted.counts.sum()), counted.width, counted.start, counted.absent
        (3, 0.000244140625, 0.0, 1)
    """

    def __init__(self) -> None:
        self.width = _FINEST
        self.counts = np.zeros(0, np.int64)
        self.absent = 0  #: how many of the numbers are infinite
        self._low = 0  # the first bin, in widths from 0

    @property
    def start(self) -> float:
        """Where the first bin begins."""
        return self._low * self.width

    def add(self, values: NDArray[np.floating[Any]]) -> None:
        """Count numbers of any shape."""
        flat = values.ravel()
        finite = flat[np.isfinite(flat)]
        self.absent += flat.size - finite.size
        if not finite.size:
            return
        least, largest = float(finite.min()), float(finite.max())
        low, high = self._bins(least), self._bins(largest)
        while self._width_of(low, high) > BINS:
            self._coarsen()
            low, high = self._bins(least), self._bins(largest)
        self._widen(low, high)
        places = np.floor(finite / self.width).astype(np.int64) - self._low
        self.counts += np.bincount(places, minlength=len(self.counts))

    def _bins(self, value: float) -> int:
        return int(np.floor(value / self.width))

    def _width_of(self, low: int, high: int) -> int:
        """Return how many bins there are with those from low to high."""
        if len(self.counts):
            low, high = min(low, self._low), max(high, self._low + len(self.counts) - 1)
        return high - low + 1

    def _coarsen(self) -> None:
        """Join neighbours."""
        odd = self._low % 2
        padded = np.pad(self.counts, (odd, (odd + len(self.counts)) % 2))
        self.counts = padded.reshape(-1, 2).sum(axis=1)
        self._low, self.width = self._low // 2, 2 * self.width

    def _widen(self, low: int, high: int) -> None:
        """Let there be bins from low to high."""
        if not len(self.counts):
            self._low, self.counts = low, np.zeros(high - low + 1, np.int64)
            return
        before = max(0, self._low - low)
        after = max(0, high - (self._low + len(self.counts) - 1))
        self.counts = np.pad(self.counts, (before, after))
        self._low -= before
