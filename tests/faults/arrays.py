"""Arrays of numpy and HDF5 files in which something was changed for the worse."""

import io
import struct
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

from tests.faults.damage import BYTES, Places

_TYPES = [
    "|O", "<U4", ">f8", "|V8", "<M8[s]", "<f2", "<c8", "<f4", "<i8", "|u1", "|b1", "<f16", "<f999",
]  # fmt: skip
_SHAPES: list[Any] = [
    (), (0,), (1,), (-1,), (3, 0), (10**12,), (2**63,), (1.5,), "x", (2, 3, 4), (10**5, 10**5),
    (1,) * 70,
]  # fmt: skip
_VALUES = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1e300, 3e38, -5e-324, 2.0**40, -(2.0**62)]


def array_changed(content: bytes, draw: Random) -> bytes:
    """Change an array of numpy: its numbers, or what its header says of them."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:  # damaged bytes make numpy raise anything
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
        forms = [flat, array.T, array[None], array[:1], array[:0], np.concatenate([flat, flat])]
        forms += [array.astype(kind) for kind in ("O", "U8", "c8", "?")]
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
            links = [h5py.SoftLink(f"/{to}") for to in (name, other)]
            file[name] = draw.choice([*links, h5py.ExternalLink("/etc/passwd", "/")])
        elif how == "new":
            _write_value(file, f"{name}_more" if draw.random() < 0.5 else "more/x", None, draw)
        elif other != name and not other.startswith(name + "/"):
            file.move(name, f"{name}x")
    return f"{name}: {how}"


def _write_value(file: Any, name: str, kept: Any, draw: Random) -> None:
    values: list[Any] = [
        "text", b"\xff\xfe", "x" * 3000, np.zeros((0,)), np.zeros((3, 0, 2)), np.array(7), -1,
        2**62, 1e300, np.nan, np.zeros(5, "c8"), np.array(["a", "b"], "S3"), np.zeros((2,) * 5),
        h5py.Empty("f4"),
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
