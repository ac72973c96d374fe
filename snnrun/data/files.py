"""Where data files lie, and how the idx files of MNIST and its relatives are read.

An idx file is: two zero bytes, the type (8 = unsigned byte), the number of dimensions, each
dimension as a big-endian 32-bit integer, then the bytes of the array in C order. The names of such
files end in the number of dimensions: ``train-images-idx3-ubyte``.
"""

import errno
import gzip
import hashlib
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from snnrun.core.disk import open_file
from snnrun.core.paths import cut
from snnrun.errors import DataError


def data_folder() -> Path:
    """Return the folder that the environment variable SNNRUN_DATA names, ``./data`` if none."""
    return expanded(os.environ.get("SNNRUN_DATA") or "data").absolute()


def expanded(name: str) -> Path:
    """Return a path, in which ``~`` is a home.

    Raises:
        DataError: there is no such home, or no file can be called so.
    """
    try:
        path = Path(name).expanduser()
        os.lstat(path)
    except RuntimeError:
        raise DataError(f"{cut(name, 200)}: there is no such home folder") from None
    except ValueError:
        raise DataError(f"{cut(name, 200)!r}: no file can be called so") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise DataError(f"{cut(name, 200)}: {error.strerror}") from None
    return path


def find(name: str) -> Path:
    """Return the file or folder that a config names.

    A relative name is looked for in the data folder first, then in the working directory.

    Raises:
        DataError: it is in neither; the text says where it was looked for.
    """
    path = expanded(name)
    places = list(dict.fromkeys([data_folder() / path, Path.cwd() / path]))
    for place in places:
        if os.path.exists(place):
            return place
    tried = " nor ".join(map(str, places))
    hint = "" if path.is_absolute() else " (SNNRUN_DATA names the data folder)"
    raise DataError(f"{name}: there is no {tried}{hint}")


def packed(path: Path) -> Path:
    """Return the compressed file beside one."""
    return path.with_name(f"{path.name}.gz")


@contextmanager
def _idx_file(path: Path) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file, or the compressed one beside it, whose size is known once it is read."""
    if path.exists() or not packed(path).exists():
        with open_file(path) as file:
            yield file, os.fstat(file.fileno()).st_size
        return
    with open_file(packed(path)) as file, gzip.GzipFile(fileobj=file) as unpacked:
        yield cast("BinaryIO", unpacked), None


def read_idx(path: Path, dimensions: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Return the array of bytes in an idx file, whose SHA-256 is checked if it is given.

    Where the file is absent, it is read from the ``.gz`` beside it that is downloaded.

    Raises:
        DataError: naming the file, if it cannot be read or is not what it should be.
    """
    start = 4 + 4 * dimensions
    try:
        with _idx_file(path) as (file, size):
            head = file.read(start)
            if head[:4] != bytes((0, 0, 8, dimensions)) or len(head) < start:
                raise DataError(
                    f"{path}: not an idx file of bytes in {dimensions} dimensions; replace it"
                )
            shape = tuple(np.frombuffer(head[4:], ">u4").tolist())
            due = start + math.prod(shape)
            content = head + (file.read(due - start + 1) if size is None or size == due else b"")
            size = len(content) if size is None else size
            if size != due:
                raise DataError(f"{path}: has {size} bytes; its header says {due}; replace it")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path}: not the published file: its SHA-256 is another; replace it")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
