"""Events in AEDAT 2.0, as the DVS128 camera gives them to jAER: eight bytes each.

Lines that begin with ``#`` come first. Then, all big-endian::

    4 bytes   address: bit 15: no pixel, but a signal from outside; bits 14-8: a; bits 7-1: b;
              bit 0: 0 where the pixel became lighter, 1 where darker
    4 bytes   microseconds, signed

The camera counts from its own corner. Column 127 - a and row 127 - b are those of the frames of
other libraries (SpikingJelly), and of most publications on CIFAR10-DVS.
"""

from pathlib import Path

import numpy as np

from snnrun.data.events.recording import Events, checked, content_of
from snnrun.errors import DataError

MAGIC, BYTES, SIDE = b"#!AER-DAT2", 8, 128
_SIGNAL = 1 << 15


def read_aedat2(path: Path) -> Events:
    """Return the events of a file of a DVS128.

    Raises:
        DataError: naming the file, if it cannot be read or is damaged.
    """
    content = content_of(path)
    if not content.startswith(MAGIC):
        raise DataError(
            f"{path}: does not begin with {MAGIC.decode()}; expected AEDAT 2.0; replace it"
        )
    start = end_of_header(content)
    if (len(content) - start) % BYTES:
        raise DataError(
            f"{path}: has {len(content) - start} bytes behind its header; "
            f"expected a multiple of {BYTES}; replace it"
        )
    address, t = np.frombuffer(content, ">i4", offset=start).reshape(-1, 2).astype(np.int64).T
    outside = np.flatnonzero(address >> 16)
    if len(outside):
        raise DataError(
            f"{path}: event {outside[0]} has address {address[outside[0]]}; expected one of a "
            f"DVS128, below {2**16}; replace it"
        )
    address, t = address[address & _SIGNAL == 0], t[address & _SIGNAL == 0]
    column, row = SIDE - 1 - (address >> 8 & 127), SIDE - 1 - (address >> 1 & 127)
    return checked(Events(t, column, row, 1 - (address & 1)), (SIDE, SIDE), path)


def end_of_header(content: bytes, last: bytes = b"") -> int:
    """Return where the lines that begin with ``#`` end.

    Args:
        content: of a file.
        last: how the last of them begins; empty: that is not said.

    Example:
        >>> end_of_header(b"#!AER-DAT2.0\\n# made by hand\\n\\0\\1")
        28
    """
    start = 0
    while content[start : start + 1] == b"#":
        line, start = start, content.find(b"\n", start) + 1 or len(content)
        if last and content.startswith(last, line):
            break
    return start
