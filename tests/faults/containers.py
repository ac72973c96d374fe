"""Files of other programs, changed for the worse as their formats allow."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.config.hostile import spoiled
from tests.faults.arrays import array_changed, array_file_changed, hdf5_changed
from tests.faults.damage import BYTES, Places, bytes_changed
from tests.faults.pickled import pickle_changed

_NAMES = ["../../evil", "/tmp/evil", "x" * 3000, "a/../b", "", "archive/data/0", "facts.npy", "é"]
#: What is done to an archive.
_WAYS = [
    *["content"] * 4, "gone", "twice", "name", "large", "bomb", "flags", "sizes", "order",
]  # fmt: skip


def archive_changed(path: Path, places: Places, draw: Random) -> str:
    """Change an archive: what is in it, its names, its checks."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    place, how = draw.randrange(len(parts)), draw.choice(_WAYS)
    name, content = parts[place]
    kind = zipfile.ZIP_STORED
    if how == "content":
        parts[place] = name, _part_changed(name, content, draw)
    elif how == "gone":
        del parts[place]
    elif how == "twice":
        parts.append((name, draw.choice([content, content[:3]])))
    elif how == "name":
        parts[place] = draw.choice(_NAMES), content
    elif how == "order":
        draw.shuffle(parts)
    elif how in ("large", "bomb"):
        kind = zipfile.ZIP_DEFLATED if how == "bomb" else kind
        parts[place] = name, content + b"\0" * draw.choice([2**16, 2**24])
    with zipfile.ZipFile(path, "w", kind) as archive:
        for each, inside in parts:
            _write(archive, each, inside)
    if how in ("flags", "sizes"):
        _lie(path, draw)
    return f"archive: {name}: {how}"


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = archive.compression
    archive.writestr(info, content)


def _part_changed(name: str, content: bytes, draw: Random) -> bytes:
    if name.endswith(".pkl"):
        return pickle_changed(content, draw)
    if name.endswith(".npy"):
        return array_changed(content, draw)
    return draw.choice(BYTES)(content or b"\0", draw)


def _lie(path: Path, draw: Random) -> None:
    """Let a header say other flags, methods, checks or sizes; the entries stay."""
    content = bytearray(path.read_bytes())
    central = draw.random() < 0.6
    start, fields = (
        (b"PK\1\2", (8, 10, 16, 20, 24, 42)) if central else (b"PK\3\4", (6, 8, 14, 18, 22))
    )
    found = [each.start() for each in re.finditer(re.escape(start), content[:-46])]
    at = draw.choice(found) + draw.choice(fields)
    content[at : at + 2] = draw.choice([b"\x01\x00", b"\xff\xff", b"\x08\x00", b"\0\0", b"\x63\0"])
    if draw.random() < 0.3:
        content[at + 2 : at + 4] = b"\xff\x7f"
    path.write_bytes(content)


def torch_changed(path: Path, places: Places, draw: Random) -> str:
    """Change a file of torch, of either kind."""
    content = path.read_bytes()
    if content[:2] == b"PK":
        return archive_changed(path, places, draw)
    path.write_bytes(pickle_changed(content, draw))
    return "instructions"


def text_changed(path: Path, places: Places, draw: Random) -> str:
    path.write_bytes(spoiled(path.read_text(encoding="utf-8"), draw))
    return "an absurd text"


CHANGES: dict[str, Callable[[Path, Places, Random], str]] = {
    ".pt": torch_changed, ".npz": archive_changed, ".npy": array_file_changed, ".nir": hdf5_changed,
    ".h5": hdf5_changed, **dict.fromkeys((".yaml", ".json", ".csv", ".txt"), text_changed),
}  # fmt: skip


def changed(path: Path, places: Places, draw: Random) -> str:
    """Change a file as its format allows, or some bytes of it."""
    return CHANGES.get(path.suffix, bytes_changed)(path, places, draw)
