"""Files of ``torch.save`` without torch: a pickle whose tensors are views of storages beside it.

Two containers: the zip archive of torch 1.6 and later, and the stream of pickles before it, which
torch still writes into the YAML files of optimisers. What a file holds becomes plain values and
inert objects (:mod:`snnrun.runs.pickles`); :func:`array` makes a tensor of one.
"""

import io
import math
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.runs.pickles import Object, Reader, kind
from snnrun.runs.whole import brief, read_numbers

Array = NDArray[Any]

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_TYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_TENSOR = "torch._utils._rebuild_tensor_v2"
_PARAMETER = "torch._utils._rebuild_parameter"
_AXES = 32
_TIMES = 32  # that the same numbers may be shown by tensors
#: What a file needs to name to hold tensors.
NAMES = frozenset(
    {_TENSOR, _PARAMETER, "collections.OrderedDict"} | {f"torch.{name}" for name in _TYPES}
)


@dataclass(eq=False)
class Storage:
    """The numbers that tensors are views of; those of a stream come after its pickles.

    shown: how many numbers all tensors together showed of it so far.
    """

    dtype: np.dtype[Any]
    size: int
    data: Array | None = None
    shown: int = 0


class _Storages:
    """Makes storages of what a pickle refers to, and fills them."""

    def __init__(self) -> None:
        self.known: dict[str, Storage] = {}

    def __call__(self, reference: Any) -> Any:
        """Return the storage, or the class of a module whose source the file holds too."""
        if reference[0] == "module":
            return reference[1]
        of, key, _, size = reference[1:5]
        if reference[0] != "storage" or (len(reference) > 5 and reference[5] is not None):
            raise ValueError("it refers to something that is no storage")
        if not (isinstance(key, str | int) and type(size) is int and size >= 0):
            raise ValueError("a storage without a name, or without a size")
        dtype = np.dtype(_TYPES[of.name])
        return self.known.setdefault(str(key), Storage(dtype, size))

    def fill(self, key: str, raw: bytes) -> None:
        """Give the storage called ``key`` its numbers."""
        storage = self.known[key]
        storage.data = np.frombuffer(raw, storage.dtype, storage.size)


@contextmanager
def _damage(where: str) -> Iterator[None]:
    """Turn whatever damaged bytes cause into one clear message."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{where}: damaged: {brief(error)}") from error


def read_file(path: Path, names: Collection[str]) -> Any:
    """Return what a file of ``torch.save`` holds.

    Args:
        path: the file.
        names: classes and functions that it may name beside :data:`NAMES`.

    Raises:
        DataError: it is absent, damaged, or names anything else.
    """
    try:
        raw = read_numbers(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    return read(raw, names, str(path))


def read(raw: bytes, names: Collection[str], where: str) -> Any:
    """Return what the bytes of such a file hold, ``where`` it lies; as :func:`read_file`."""
    return (_read_zip if raw[:2] == b"PK" else read_stream)(raw, names, where)


def read_stream(raw: bytes, names: Collection[str], where: str) -> Any:
    """Return what a stream of pickles, the container before torch 1.6, holds."""
    storages, stream = _Storages(), io.BytesIO(raw)
    reader = Reader(NAMES | frozenset(names), storages, where)
    with _damage(where):
        if reader.read(stream) != _MAGIC or reader.read(stream) != _PROTOCOL:
            raise DataError(f"{where}: no file of torch")
        if not reader.read(stream)["little_endian"]:
            raise DataError(f"{where}: written on a machine that orders bytes the other way")
        found = reader.read(stream)
        for key in reader.read(stream):
            count = int.from_bytes(stream.read(8), "little")
            storages.fill(key, stream.read(count * storages.known[key].dtype.itemsize))
    return found


def _read_zip(raw: bytes, names: Collection[str], where: str) -> Any:
    """Return what an archive of torch 1.6 or later holds; nothing in one is compressed."""
    storages = _Storages()
    reader = Reader(NAMES | frozenset(names), storages, where)
    with _damage(where), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        top = archive.namelist()[0].split("/")[0]
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise DataError(f"{where}: no file of torch: it is compressed")
        if sum(entry.file_size for entry in archive.infolist()) > len(raw):
            raise DataError(f"{where}: damaged: its parts are larger than the whole")
        if f"{top}/byteorder" in archive.namelist():
            if archive.read(f"{top}/byteorder") != b"little":
                raise DataError(f"{where}: written on a machine that orders bytes the other way")
        found = reader.read(io.BytesIO(archive.read(f"{top}/data.pkl")))
        for key in storages.known:
            storages.fill(key, archive.read(f"{top}/data/{key}"))
    return found


def is_tensor(value: Any) -> bool:
    """Tell whether :func:`array` can make an array of ``value``."""
    return isinstance(value, Object) and value.made_by(_TENSOR, _PARAMETER)


def learns(value: Any) -> bool:
    """Tell whether a tensor is a parameter, as optimisers take them."""
    return isinstance(value, Object) and value.made_by(_PARAMETER)


def array(value: Any) -> Array:
    """Return a tensor as an array of its own.

    Raises:
        ValueError: it is no tensor, or reaches beyond its storage.
    """
    if isinstance(value, Object) and value.made_by(_PARAMETER):
        value = value.arguments[0]
    if not is_tensor(value):
        raise ValueError(f"{kind(value)} is no tensor")
    return view(*value.arguments[:4])


def view(storage: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """Return a copy of the part of a storage that a tensor shows; strides count numbers.

    Raises:
        ValueError: the tensor reaches beyond its storage, or tensors show it over and over.
    """
    if not isinstance(storage, Storage) or storage.data is None:
        raise ValueError("a tensor without numbers")
    if len(shape) > _AXES:
        raise ValueError(f"a tensor of {len(shape)} axes")
    reach = sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if 0 in shape:
        return np.zeros(shape, storage.dtype)
    outside = min(offset, reach, *shape, *strides, 0) < 0 or offset + reach >= storage.size
    if outside or math.prod(shape) > storage.size:
        raise ValueError(f"a tensor of {list(shape)} reaches beyond its storage")
    storage.shown += math.prod(shape)
    if storage.shown > _TIMES * max(storage.size, _TIMES):
        raise ValueError(f"a storage that is shown more than {_TIMES} times")
    step = storage.dtype.itemsize
    steps = [step * stride if n > 1 else 0 for n, stride in zip(shape, strides, strict=True)]
    shown = np.lib.stride_tricks.as_strided(storage.data[offset:], shape, steps)
    return shown.copy()
