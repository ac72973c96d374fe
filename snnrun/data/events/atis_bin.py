"""Events in the ``.bin`` files of N-MNIST: five bytes each.

::

    byte 0          x
    byte 1          y
    byte 2, bit 7   1: lighter, 0: darker
    the other 23    microseconds, most significant bit first

as https://www.garrickorchard.com/datasets/n-mnist has it. An event at y = 240 is none: it says that
the clock of the camera went round, and all times behind it are 2^13 us later.
"""

from pathlib import Path

import numpy as np

from snnrun.data.events.recording import Events, checked, content_of
from snnrun.errors import DataError

BYTES, ROUND, AROUND = 5, 240, 2**13


def read_bin(path: Path, sensor: tuple[int, int] = (34, 34)) -> Events:
    """Return the events of a file.

    Raises:
        DataError: naming the file, if it cannot be read or is damaged.
    """
    content = content_of(path)
    if len(content) % BYTES:
        raise DataError(
            f"{path}: has {len(content)} bytes; expected a multiple of {BYTES}; replace it"
        )
    x, y, high, middle, low = np.frombuffer(content, np.uint8).reshape(-1, BYTES).T
    t = (high & 127).astype(np.int64) << 16 | middle.astype(np.int64) << 8 | low
    rounds = y == ROUND
    t += AROUND * np.cumsum(rounds)
    real = ~rounds
    return checked(Events(t[real], x[real], y[real], (high >> 7)[real]), sensor, path)
