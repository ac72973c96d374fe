"""The numbers that a run logged of every epoch, read on as its file grows."""

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from snnrun.core.disk import open_file
from snnrun.core.memory import total
from snnrun.errors import DataError
from snnrun.runs.folder import METRICS, Metric, metric_of
from snnrun.studies.report.thinning import thinned

#: Split and name of a number, such as ``("validation", "accuracy")``.
Key = tuple[str, str]
_LARGEST = 2**53  # epochs, as all that reads JSON knows them exactly
_DIGITS = 6  # of a value on the page
_MOST = 500  # curves of a run
_LAST = 256  # bytes by which a file is known to be the one that was read before


@dataclass
class Curve:
    """One number over the epochs; each array ``[points]``.

    readings: when a point came to be known.
    """

    epochs: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))
    readings: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, epoch: int, value: float, reading: int) -> None:
        """Add a point."""
        self.epochs.append(epoch)
        self.values.append(value)
        self.readings.append(reading)

    def since(self, reading: int) -> tuple[list[int], list[float]]:
        """Return epochs and values of the points that came after a reading."""
        first = bisect_right(self.readings, reading)
        return list(self.epochs[first:]), [_short(value) for value in self.values[first:]]

    def in_short(self, most: int) -> tuple[list[int], list[float]]:
        """Return epochs and values of at most so many points; see :func:`thinned`."""
        kept = thinned(self.values, most)
        return [self.epochs[at] for at in kept], [_short(self.values[at]) for at in kept]


class Log:
    """The curves of one run, as far as its log has been read.

    Args:
        run: the run folder.

    Attributes:
        curves: what was logged.
        damaged: what is said of the first line that is, and of the file if it cannot be read.
        begun: how often it was begun anew, as after lines of it were dropped.
    """

    def __init__(self, run: Path) -> None:
        self.path = run / METRICS
        self.curves: dict[Key, Curve] = {}
        self.damaged: str | None = None
        self.begun = 0
        self._last = b""
        self._read = self._lines = 0

    def read_on(self, reading: int) -> bool:
        """Read what was added since; tell whether anything was.

        A file in which what was read last is no longer where it was is read from its beginning.

        Args:
            reading: a number larger than that of the reading before.
        """
        try:
            text = self._added()
        except FileNotFoundError:
            return False
        except OSError as error:
            before, self.damaged = self.damaged, f"cannot read {self.path}: {error.strerror}"
            return before != self.damaged
        for line in text.split("\n")[:-1]:
            self._lines += 1
            try:
                self._take(metric_of(line, f"{self.path}:{self._lines}"), reading)
            except DataError as error:
                self.damaged = self.damaged or f"{error}; it is left out"
        return bool(text)

    def _added(self) -> str:
        """Return the whole lines behind those that were read."""
        with open_file(self.path) as file:
            size = file.seek(0, 2)
            file.seek(self._read - len(self._last))
            if size < self._read or file.read(len(self._last)) != self._last:
                self._begin()
            if size > self._read and size - self._read > total():
                raise OSError(0, f"it holds {size:,} bytes, more than there is memory")
            file.seek(self._read)
            added = file.read(size - self._read)
        added = added[: added.rfind(b"\n") + 1]
        self._read += len(added)
        self._last = (self._last + added[-_LAST:])[-_LAST:]
        return added.decode("utf-8", "surrogateescape")

    def _begin(self) -> None:
        self.curves, self.damaged, self._last = {}, None, b""
        self._read = self._lines = 0
        self.begun += 1

    def _take(self, row: Metric, reading: int) -> None:
        epoch, value = row["epoch"], row["value"]
        if not 0 <= epoch < _LARGEST or (isinstance(value, int) and abs(value) > _LARGEST):
            raise DataError(f"{self.path}:{self._lines} is damaged: no run reaches its numbers")
        key = row["split"], row["name"]
        curve = self.curves.get(key)
        if curve is None:
            if len(self.curves) == _MOST:
                raise DataError(f"{self.path}:{self._lines}: beyond {_MOST} curves, none is read")
            curve = self.curves[key] = Curve()
        curve.add(epoch, float(value), reading)


def _short(value: float) -> float:
    """Return a value as the page tells it.

    Example:
        >>> _short(0.123456789), _short(123456789.0)
        (0.123457, 123457000.0)
    """
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else value
