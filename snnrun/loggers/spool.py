"""What one process tells another by a file that grows, so that nobody ever waits to be heard.

A message is its length, eight bytes, and a pickle: both processes are of one training, and the file
has no name.
"""

import os
import pickle
import time
from collections.abc import Callable, Iterator
from typing import Any

_HEAD, _PIECE = 8, 1 << 16
REMARK = "warning: "  #: begins a line that is told while the logger goes on
PAUSE = 0.1  #: seconds between two looks at a file with nothing new


def put(file: int, message: Any) -> None:
    """Write a message at the end."""
    body = pickle.dumps(message)
    rest = memoryview(len(body).to_bytes(_HEAD, "little") + body)
    while rest:
        rest = rest[os.write(file, rest) :]


def messages(file: int, alone: Callable[[], bool]) -> Iterator[Any]:
    """Yield the messages from the first on, until nobody writes any more.

    The place to read at is this process's own: the file is shared with the one that writes.

    Args:
        file: that is written.
        alone: tells whether the process that writes is gone.
    """
    read, rest = 0, b""
    while True:
        gone = alone()  # before reading: what it wrote last is still read
        piece = os.pread(file, _PIECE, read)
        read, rest = read + len(piece), rest + piece
        while len(rest) >= (end := _HEAD + int.from_bytes(rest[:_HEAD], "little")) > _HEAD:
            yield pickle.loads(rest[_HEAD:end])
            rest = rest[end:]
        if not piece:
            if gone:
                return
            time.sleep(PAUSE)
