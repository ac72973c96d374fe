"""Arrays in numpy's files: ``x.npy``, or one of an archive as if that were a folder: ``xy.npz/x``.

Shape and type stand at the beginning of each array and are read without the rest. What ``x.npy``
holds stays on disk until it is asked for; arrays of an archive are read whole.
"""

import hashlib
import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from snnrun.core.disk import open_file
from snnrun.core.memory import size_words, total
from snnrun.core.paths import cut
from snnrun.core.registry import first_line, near
from snnrun.data.files import find
from snnrun.data.source import Array, FloatArray, Numbers, Source, check_pair, scaled
from snnrun.errors import DataError

_ARCHIVE = ".npz"
_LONGEST = 2**16  # bytes of a header, which may claim to have billions
_HEADERS = {1: npy.read_array_header_1_0, 2: npy.read_array_header_2_0}


@dataclass(frozen=True)
class ArrayFile:
    """An array in a file.

    path: of the file.
    member: name of the array in an archive.
    """

    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.path / self.member if self.member else self.path)

    @property
    def mapped(self) -> bool:
        """Whether it can stay on disk."""
        return self.member is None

    def header(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Return shape and type; no more than these is read.

        Raises:
            DataError: the file is damaged, or holds something else than numbers.
        """
        with self._readable(), self._stream() as stream:
            head = io.BytesIO(stream.read(_LONGEST))
            version = npy.read_magic(head)[0]
            if version not in _HEADERS:
                raise ValueError(f"its version is {version}; expected 1 or 2")
            shape, _, dtype = _HEADERS[version](head)
            start, size = head.tell(), self._size()
        if dtype.kind not in "biuf":
            raise DataError(f"{self}: no array of numbers: it holds {cut(str(dtype), 80)}")
        due = start + math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or due > size:
            raise DataError(
                f"{self}: no array of numbers: it is to have shape {cut(str(list(shape)), 80)}, "
                f"which takes {due:,} bytes, but holds {size:,}"
            )
        return shape, dtype

    def _size(self) -> int:
        """Return how many bytes the array and its header have."""
        if self.member is None:
            return self.path.stat().st_size
        with zipfile.ZipFile(self.path) as archive:
            return archive.getinfo(f"{self.member}.npy").file_size

    def open(self) -> Array:
        """Return the array, mapped to memory if it can stay on disk.

        Raises:
            DataError: the file is damaged, or holds something else than numbers.
        """
        shape, dtype = self.header()
        size = math.prod(shape) * dtype.itemsize
        if not self.mapped and size > total():
            raise DataError(f"{self}: takes {size_words(size)} of {size_words(total())} of memory")
        with self._readable():
            if self.member is None:
                mapped: Array = np.load(self.path, mmap_mode="r", allow_pickle=False)
                return mapped
            with np.load(self.path, allow_pickle=False) as archive:
                read: Array = archive[self.member]
                return read

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except MemoryError:  # the file may be whole
            raise
        except Exception as error:  # what is damaged makes these readers raise anything
            raise DataError(f"{self}: no array of numbers: {_reason(error)}") from error

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        if self.member is None:
            with open_file(self.path) as stream:
                yield stream
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(f"{self.member}.npy") as inner:
                yield inner


def _reason(error: BaseException) -> str:
    """Return what an error of numpy, of the archive or of the disk says, in a line."""
    said = getattr(error, "strerror", None) or first_line(error)
    return cut(said, 300)


def open_array(path: Path) -> Array:
    """Return the array in a .npy file, read from the disk only where it is used.

    Raises:
        DataError: the file is absent, damaged, or holds something else than numbers.
    """
    return ArrayFile(path).open()


def array_file(name: str) -> ArrayFile:
    """Return the array that a config names.

    Raises:
        DataError: there is no such file, or no such array in it.
    """
    file, inside, member = name.partition(f"{_ARCHIVE}/")
    if not inside and not name.endswith(_ARCHIVE):
        return ArrayFile(find(name))
    path = find(file + _ARCHIVE if inside else name)
    known = members(path)
    if member not in known:
        guess = near(member, known)
        hint = f"did you mean {guess!r}?" if guess else f"it holds {cut(', '.join(known), 500)}"
        what = (
            f"holds no array {cut(repr(member), 80)}"
            if member
            else f"name an array of it: {name}/x"
        )
        raise DataError(f"{path}: {what}; {hint}")
    return ArrayFile(path, member)


def members(path: Path) -> list[str]:
    """Return the names of the arrays in an archive.

    Raises:
        DataError: it cannot be read as one.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except Exception as error:  # as above
        raise DataError(f"{path}: no archive of arrays: {_reason(error)}") from error


class MappedSource(Source):
    """Samples in a .npy file that stays on disk; only what is asked for is read.

    To another process it goes by name, not by content.

    Args:
        file: of the values, ``[samples, *shape]``; or with time at another axis.
        targets: ``[samples, ...]``.
        unit: values are divided by this as they are read; None: floats as they are.
        time_axis: of the array, which becomes the first of a sample; None: none does.

    Raises:
        DataError: the file is damaged, or does not fit the targets.
    """

    def __init__(
        self, file: ArrayFile, targets: Array, unit: float | None, time_axis: int | None = None
    ) -> None:
        self.file, self._targets, self.unit, self.time_axis = file, targets, unit, time_axis
        self._open()
        check_pair(self._values.shape, targets.shape)

    def _open(self) -> None:
        self._values = time_behind_samples(self.file.open(), self.time_axis)

    def __getstate__(self) -> dict[str, Any]:
        return {name: each for name, each in vars(self).items() if name != "_values"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._open()

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self._values.shape[1:]

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return values and targets of some samples."""
        return scaled(self._values[numbers], self.unit), self._targets[numbers]

    def digest(self) -> str:
        """Return a SHA-256 of name, size and time of the file, and of the targets."""
        state = self.file.path.stat()
        facts = self.file.path.name, state.st_size, state.st_mtime_ns, self.unit, self.time_axis
        return hashlib.sha256(repr(facts).encode() + self._targets.tobytes()).hexdigest()

    def targets(self) -> Array:
        """Return all targets."""
        return self._targets


def time_behind_samples(values: Array, time_axis: int | None) -> Array:
    """Return ``[samples, time, ...]``, without a copy, of an array with time at another axis.

    Axis 0 are the samples; where it is time, axis 1 are.

    Example:
        >>> time_behind_samples(np.zeros((5, 2, 3, 9)), 3).shape
        (5, 9, 2, 3)
        >>> time_behind_samples(np.zeros((9, 5, 2)), 0).shape
        (5, 9, 2)
    """
    return values if time_axis is None else np.moveaxis(values, time_axis, 1)
