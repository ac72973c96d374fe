"""HDF5 files, as far as its library has to be kept from them: a damaged heap holds it for ever.

Lists and texts of any length lie in global heaps, each of which is

::

    "GCOL"  version 1, three zeros  size of the heap, 8 bytes  objects

and an object is its number, 2 bytes, 6 others, its size, 8 bytes, and its content up to a multiple
of 8 bytes; the object of number 0 is what is free, and its size counts these 16 bytes too. Source:
HDF5 File Format Specification 3.0, III.E. The library goes from one object to the next, and stays
where one takes no room.
"""

import mmap
import struct
from pathlib import Path

from snnrun.core.disk import open_file

_BEGIN, _HEADER, _WORD = b"GCOL\1\0\0\0", 16, 2**64
_OBJECT = struct.Struct("<H6xQ")


def refuse_endless(path: Path) -> None:
    """Refuse what is no file, and a file that its library would not come back from.

    Raises:
        OSError: it is absent, or no file.
        ValueError: a heap in it goes on without an end.
    """
    with open_file(path) as file:
        if not file.seek(0, 2):
            return  # nothing can be mapped
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.find(_BEGIN)
            while place >= 0:
                _walk(content, place)
                place = content.find(_BEGIN, place + len(_BEGIN))


def _walk(content: mmap.mmap, begin: int) -> None:
    """Go from object to object of the heap that begins here, as the library does."""
    if begin + _HEADER > len(content):
        return
    end = begin + int.from_bytes(content[begin + 8 : begin + _HEADER], "little")
    place = begin + _HEADER
    while place + _HEADER <= min(end, len(content)):
        number, size = _OBJECT.unpack_from(content, place)
        takes = (size if number == 0 else _HEADER + (size + 7) // 8 * 8) % _WORD
        if takes == 0:
            raise ValueError(f"the heap at byte {begin} goes on without an end")
        place += takes
