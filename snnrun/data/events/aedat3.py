"""Events in AEDAT 3.1, as DVS128 Gesture has them: packets, all little-endian.

Lines that begin with ``#`` come first, ``#!END-HEADER`` the last of them. A packet is a header of
28 bytes and room for so many events as it says::

    2 bytes  type of its events; 1: pixels that changed     2  source
    4        bytes of an event                              4  where its time stands, bytes
    4        how often the clock went round                 4  room, events
    4        events                                         4  events that are valid

An event of type 1 is eight bytes, and the times that went round count 2^31 us each::

    4 bytes  bits 31-17: x; bits 16-2: y; bit 1: 1 where lighter; bit 0: 1 where valid
    4        microseconds

Packets of other types, and events that are not valid, are left out.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from snnrun.data.events.aedat2 import end_of_header
from snnrun.data.events.recording import Events, checked, content_of
from snnrun.errors import DataError

MAGIC, END = b"#!AER-DAT3.1", b"#!END-HEADER"
HEADER = struct.Struct("<hhiiiiii")
PIXELS, BYTES, TIME = 1, 8, 4


@lru_cache(maxsize=1)  # a file holds many samples, which are mostly read in a row
def read_aedat3(path: Path, sensor: tuple[int, int] = (128, 128)) -> Events:
    """Return the events of a file.

    Raises:
        DataError: naming the file, if it cannot be read or is damaged.
    """
    content = content_of(path)
    if not content.startswith(MAGIC):
        raise DataError(
            f"{path}: does not begin with {MAGIC.decode()}; expected AEDAT 3.1; replace it"
        )
    packets = list(_packets(content, path))
    words = [np.frombuffer(body, "<u4").reshape(-1, 2).astype(np.int64) for _, body in packets]
    data, t = np.concatenate([np.empty((0, 2), np.int64), *words]).T
    t = t + np.repeat(np.array([each << 31 for each, _ in packets], np.int64), [*map(len, words)])
    valid = data & 1 == 1
    data, t = data[valid], t[valid]
    return checked(Events(t, data >> 17, data >> 2 & 0x7FFF, data >> 1 & 1), sensor, path)


def _packets(content: bytes, path: Path) -> Iterator[tuple[int, memoryview]]:
    """Yield the rounds of the clock, and the bytes of the events, of each packet of pixels."""
    place, whole = end_of_header(content, END), memoryview(content)
    while place < len(content):
        if len(content) - place < HEADER.size:
            raise DataError(f"{path}: ends within the header of a packet; replace it")
        kind, _, size, at, rounds, room, count, _ = HEADER.unpack_from(content, place)
        begin = place + HEADER.size
        place = begin + room * size
        if min(size, room, count, rounds) < 0 or count > room or not size:
            raise DataError(
                f"{path}: the packet at byte {begin - HEADER.size} says {count} events in room for "
                f"{room} of {size} bytes; replace it"
            )
        if place > len(content):
            raise DataError(
                f"{path}: ends at byte {len(content)}, within a packet that ends at {place}; "
                "replace it"
            )
        if kind == PIXELS:
            if (size, at) != (BYTES, TIME):
                raise DataError(
                    f"{path}: events of {size} bytes with their time at {at}; "
                    f"expected {BYTES} and {TIME}; replace it"
                )
            yield rounds, whole[begin : begin + count * BYTES]
