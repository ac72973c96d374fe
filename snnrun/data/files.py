"""Where data files lie, and how the idx files of MNIST and its relatives are read.

An idx file is: two zero bytes, the type (8 = unsigned byte), the number of dimensions, each
dimension as a big-endian 32-bit integer, then the bytes of the array in C order. The names of such
files end in the number of dimensions: ``train-images-idx3-ubyte``.
"""

import errno
import hashlib
import math
import os
from pathlib import Path

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


def read_idx(path: Path, dimensions: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Return the array of bytes in an idx file, whose SHA-256 is checked if it is given.

    Raises:
        DataError: naming the file, if it cannot be read or is not what it should be.
    """
    start = 4 + 4 * dimensions
    try:
        with open_file(path) as file:
            head, size = file.read(start), os.fstat(file.fileno()).st_size
            if head[:4] != bytes((0, 0, 8, dimensions)) or len(head) < start:
                raise DataError(
                    f"{path}: not an idx file of bytes in {dimensions} dimensions; replace it"
                )
            shape = tuple(np.frombuffer(head[4:], ">u4").tolist())
            due = start + math.prod(shape)
            if size != due:
                raise DataError(f"{path}: has {size} bytes; its header says {due}; replace it")
            content = head + file.read(due - start)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path}: not the published file: its SHA-256 is another; replace it")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
