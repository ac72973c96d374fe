"""Pickles, archives, arrays and HDF5 files in which something was changed for the worse."""

import io
import pickletools
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, cast

import h5py
import numpy as np

from tests.config.hostile import spoiled
from tests.faults.damage import BYTES, Places, bytes_changed

_NUMBERS = [-1, 0, 1, 2, 7, 255, 2**15, 2**31 - 1, -(2**31)]
#: Instructions that build what is deep, endless or large, or name what is not theirs.
_HOSTILE = [
    b"cos\nsystem\n", b"cbuiltins\neval\n(S'1'\ntR", b"c__main__\nx\n", b"]" * 9000, b")" + b"\x85" * 9000,
    b")q\x00" + b"".join(b"h%ch%c\x86q%c" % (n, n, n + 1) for n in range(100)), b"N" * 50_000,
    b"\x8b\xff\xff\xff\x7f", b"\x8b" + struct.pack("<i", 9000) + b"\x7f" * 9000,
    b"\x8e" + b"\xff" * 7 + b"\x7f", b"\x95" + b"\xff" * 7 + b"\x7f", b"r\xff\xff\xff\x7f", b"(" * 5000,
    b"0", b"1", b"2", b"\x81", b"R", b"b", b"Q", b"a", b"e", b"s", b"u", b"}", b"]", b"(", b"t", b"\x85",
    b"X\xff\xff\xff\xff", b"I" + b"9" * 9000 + b"\n", b"F1e400\n", b"L9" + b"9" * 6000 + b"L\n",
    b"h\x00", b"q\x00", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n",
]  # fmt: skip
_TYPES = [
    "|O",
    "<U4",
    ">f8",
    "|V8",
    "<M8[s]",
    "<f2",
    "<c8",
    "<f4",
    "<i8",
    "|u1",
    "|b1",
    "<f16",
    "<f999",
]
_SHAPES: list[Any] = [
    (), (0,), (1,), (-1,), (3, 0), (10**12,), (2**63,), (1.5,), "x", (2, 3, 4), (10**5, 10**5), (1,) * 70,
]  # fmt: skip
_VALUES = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1e300, 3e38, -5e-324, 2.0**40, -(2.0**62)]


# ---- pickles ----


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
        new.append(b"G" + struct.pack(">d", draw.choice(_VALUES)))
        pieces[place] = draw.choice(new)
    else:
        pieces[place] = draw.choice(BYTES)(pieces[place] or b"\0", draw)


# ---- archives ----


def archive_changed(path: Path, places: Places, draw: Random) -> str:
    """Change an archive: what is in it, its names, its checks."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    place, how = draw.randrange(len(parts)), draw.choice([
        "content", "content", "content", "content", "gone", "twice", "name", "large", "bomb", "flags",
        "sizes", "order",
    ])  # fmt: skip
    name, content = parts[place]
    kind = zipfile.ZIP_STORED
    if how == "content":
        parts[place] = name, _part_changed(name, content, draw)
    elif how == "gone":
        del parts[place]
    elif how == "twice":
        parts.append((name, content[: draw.choice([None, 3])]))  # type: ignore[misc]
    elif how == "name":
        odd = [
            "../../evil",
            "/tmp/evil",
            "x" * 3000,
            "a/../b",
            "",
            "archive/data/0",
            "facts.npy",
            "é",
        ]
        parts[place] = draw.choice(odd), content
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
    found = [n for n in range(len(content) - 46) if content[n : n + 4] == start]
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


# ---- arrays ----


def array_changed(content: bytes, draw: Random) -> bytes:
    """Change an array of numpy: its numbers, or what its header says of them."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:
        return draw.choice(BYTES)(content or b"\0", draw)
    if draw.random() < 0.5:
        return _with_header(array, draw)
    if draw.random() < 0.5 and array.size and array.dtype.kind in "fiu":
        full = array.astype(draw.choice(["<f8", array.dtype.str])).reshape(-1)
        with np.errstate(all="ignore"):
            value = np.array(draw.choice(_VALUES)).astype(full.dtype)
        full[slice(None) if draw.random() < 0.3 else draw.randrange(full.size)] = value
        array = full.reshape(array.shape)
    else:
        flat = array.reshape(-1)
        forms = [flat, array.T, array[None], array[:1], array[:0], np.concatenate([array, array]) if array.ndim else array,
                 array.astype(object), array.astype("U8"), array.astype("c8"), array.astype("?")]  # fmt: skip
        array = draw.choice(forms)
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _with_header(array: Any, draw: Random) -> bytes:
    header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
    key = draw.choice(["descr", "shape", "shape", "fortran_order", "more"])
    news: dict[str, list[Any]] = {"descr": [*_TYPES, [("a", "<f4")], 3], "shape": _SHAPES}
    header[key] = draw.choice(news.get(key, [True, None, 7]))
    text = draw.choice(
        [repr(header)] * 9 + ["{" * 200, "__import__('os')", repr(header) + "x" * 9000]
    )
    version = draw.choice([1, 1, 1, 1, 2, 3, 9])
    size = struct.pack("<H" if version == 1 else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes([version, 0]) + size + text.encode() + b"\n" + array.tobytes()


def array_file_changed(path: Path, places: Places, draw: Random) -> str:
    path.write_bytes(array_changed(path.read_bytes(), draw))
    return "an absurd array"


# ---- texts and HDF5 ----


def text_changed(path: Path, places: Places, draw: Random) -> str:
    path.write_bytes(spoiled(path.read_text(encoding="utf-8"), draw))
    return "an absurd text"


def hdf5_changed(path: Path, places: Places, draw: Random) -> str:
    """Change a data set or a group of an HDF5 file."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name, how = (
            draw.choice(names),
            draw.choice(["value", "value", "value", "gone", "link", "new", "move"]),
        )
        found, other = file[name], draw.choice(names)
        if how == "value" and isinstance(found, h5py.Dataset):
            kept = np.array(found[()]) if found.dtype.kind in "fiub" else None
            del file[name]
            _write_value(file, name, kept, draw)
        elif how in ("gone", "value"):
            del file[name]
        elif how == "link":
            del file[name]
            file[name] = draw.choice([
                h5py.SoftLink("/" + name), h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/" + other),
            ])  # fmt: skip
        elif how == "new":
            _write_value(file, f"{name}_more" if draw.random() < 0.5 else "more/x", None, draw)
        elif other != name and not other.startswith(name + "/"):
            file.move(name, f"{name}x")
    return f"{name}: {how}"


def _write_value(file: Any, name: str, kept: Any, draw: Random) -> None:
    values: list[Any] = [
        "text", b"\xff\xfe", "x" * 3000, np.zeros((0,)), np.zeros((3, 0, 2)), np.array(7), -1, 2**62, 1e300, np.nan,
        np.zeros(5, "c8"), np.array(["a", "b"], "S3"), np.zeros((2, 2, 2, 2, 2)), h5py.Empty("f4"),
    ]  # fmt: skip
    if kept is not None and draw.random() < 0.6:
        with np.errstate(all="ignore"):
            full = np.array(kept, "f8")
            if full.size:
                full.reshape(-1)[draw.randrange(full.size)] = draw.choice(_VALUES)
            values = [
                full,
                full.reshape(-1),
                full[None],
                full.astype("f2"),
                full.astype("i8"),
                full.astype("u1"),
            ]
    if draw.random() < 0.05:
        file.create_dataset(name, (2**30, 2**20), "f4")  # takes no room until it is written
    else:
        file[name] = draw.choice(values)


CHANGES: dict[str, Callable[[Path, Places, Random], str]] = {
    ".pt": torch_changed, ".npz": archive_changed, ".npy": array_file_changed, ".yaml": text_changed,
    ".json": text_changed, ".csv": text_changed, ".txt": text_changed, ".nir": hdf5_changed,
    ".h5": hdf5_changed,
}  # fmt: skip


def changed(path: Path, places: Places, draw: Random) -> str:
    """Change a file as its format allows, or some bytes of it."""
    return CHANGES.get(path.suffix, bytes_changed)(path, places, draw)
