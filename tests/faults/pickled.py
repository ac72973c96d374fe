"""Pickles in which instructions were changed for the worse."""

import pickletools
import struct
from contextlib import suppress
from random import Random
from typing import cast

from tests.faults.damage import BYTES

_NUMBERS = [-1, 0, 1, 2, 7, 255, 2**15, 2**31 - 1, -(2**31)]
#: Instructions that build what is deep, endless or large, or name what is not theirs.
_HOSTILE = [
    b"cos\nsystem\n", b"cbuiltins\neval\n(S'1'\ntR", b"c__main__\nx\n", b"]" * 9000,
    b")" + b"\x85" * 9000, b"(" * 5000, b"0", b"1", b"2", b"\x81", b"R", b"b", b"Q", b"a", b"e",
    b")q\x00" + b"".join(b"h%ch%c\x86q%c" % (n, n, n + 1) for n in range(100)), b"h\0", b"q\0",
    b"\x8b\xff\xff\xff\x7f", b"\x8b" + struct.pack("<i", 9000) + b"\x7f" * 9000, b"F1e400\n",
    b"s", b"\x8e" + b"\xff" * 7 + b"\x7f", b"\x95" + b"\xff" * 7 + b"\x7f", b"r\xff\xff\xff\x7f",
    b"u",
    b"X\xff\xff\xff\xff", b"I" + b"9" * 9000 + b"\n", b"L" + b"9" * 6000 + b"L\n", b"}", b"]",
    b"(", b"N" * 50_000, b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n", b"t",
    b"\x85",
]  # fmt: skip


def pickle_changed(content: bytes, draw: Random) -> bytes:
    """Change instructions of pickles that stand at the beginning, one behind the other."""
    pieces: list[bytes] = []
    end = 0
    with suppress(Exception):  # no pickle any more: numbers
        while end < len(content):
            at = [end + cast(int, place) for _, _, place in pickletools.genops(content[end:])]
            end = at[-1] + 1
            pieces += [content[one:other] for one, other in zip(at, [*at[1:], end], strict=True)]
    if not pieces:
        return draw.choice(BYTES)(content or b"\0", draw)
    for _ in range(draw.choice([1, 1, 2, 4])):
        _with_instruction_changed(pieces, draw)
    return b"".join(pieces) + content[end:]


def _with_instruction_changed(pieces: list[bytes], draw: Random) -> None:
    place, how = draw.randrange(len(pieces)), draw.random()
    numbers = [n for n, piece in enumerate(pieces) if piece[:1] in (b"K", b"M", b"J")]
    if how < 0.15:
        pieces[place] = b""
    elif how < 0.25:
        pieces[place] *= draw.choice([2, 3, 40])
    elif how < 0.35:
        other = draw.randrange(len(pieces))
        pieces[place], pieces[other] = pieces[other], pieces[place]
    elif how < 0.55:
        pieces.insert(place, draw.choice(_HOSTILE))
    elif how < 0.8 and numbers:
        number = draw.choice(_NUMBERS)
        long = b"\x8a\x09" + (2**65).to_bytes(9, "little")
        pieces[draw.choice(numbers)] = draw.choice([b"J" + struct.pack("<i", number)] * 5 + [long])
    elif how < 0.9:
        new = [b"N", b"\x88", b"]", b"}", b")", b"K\x05", b"X\x01\x00\x00\x00a"]
        new.append(b"G" + struct.pack(">d", draw.choice([0.5, -1.0, 1e300, float("nan")])))
        pieces[place] = draw.choice(new)
    else:
        pieces[place] = draw.choice(BYTES)(pieces[place] or b"\0", draw)
