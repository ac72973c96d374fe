"""What an event camera saw: which pixel changed when, and whether it became lighter.

Readers of the formats stand beside this file. What they find is checked here, so that a damaged
file is named wherever it comes from. Cameras may hand over events a little late; those are put in
order. A larger step back in time is damage.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.disk import read_file
from snnrun.core.memory import total
from snnrun.errors import DataError

#: Microseconds by which an event may come late.
LATE = 10_000


@dataclass(frozen=True)
class Events:
    """The events of a recording, in the order of time.

    t: ``[events]``, int64, microseconds.
    x, y: ``[events]``, column and row, from the upper left corner.
    lighter: ``[events]``, 1 where the pixel became lighter (on), 0 where darker (off).
    """

    t: NDArray[np.int64]
    x: NDArray[Any]
    y: NDArray[Any]
    lighter: NDArray[Any]

    def __len__(self) -> int:
        return len(self.t)

    def between(self, start: int, stop: int) -> "Events":
        """Return the events from ``start`` on and before ``stop``, microseconds."""
        chosen = slice(*np.searchsorted(self.t, [start, stop]))
        return Events(self.t[chosen], self.x[chosen], self.y[chosen], self.lighter[chosen])


def checked(events: Events, sensor: tuple[int, int], path: Path) -> Events:
    """Return the events of a file in the order of time.

    Args:
        events: as they lie in the file.
        sensor: height and width, pixels.
        path: of the file.

    Raises:
        DataError: there is none, one lies outside of the sensor, or time goes back.
    """
    if not len(events):
        raise DataError(f"{path}: holds no event; replace it")
    height, width = sensor
    outside = np.flatnonzero((events.x >= width) | (events.y >= height))
    if len(outside):
        first = outside[0]
        raise DataError(
            f"{path}: event {first} lies at x = {events.x[first]}, y = {events.y[first]}; "
            f"expected below {width} and {height}; replace it"
        )
    late = np.maximum.accumulate(events.t) - events.t
    worst = int(late.argmax())
    if late[worst] > LATE:
        raise DataError(
            f"{path}: event {worst} is {late[worst]} us older than one before it; expected "
            f"ascending times, or events up to {LATE} us late; replace it"
        )
    if not late[worst]:
        return events
    order = np.argsort(events.t, kind="stable")
    return Events(events.t[order], events.x[order], events.y[order], events.lighter[order])


def content_of(path: Path) -> bytes:
    """Return all bytes of a file.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return read_file(path, total())
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
