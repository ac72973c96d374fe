"""Where data files lie, and how the idx files of MNIST and its relatives are read.

An idx file is: two zero bytes, the type (8 = unsigned byte), the number of dimensions, each
dimension as a big-endian 32-bit integer, then the bytes of the array in C order. The names of such
files end in the number of dimensions: ``train-images-idx3-ubyte``.
"""

import hashlib
import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError


def data_folder() -> Path:
    """Return the folder that the environment variable SNNRUN_DATA names, ``./data`` if none."""
    return Path(os.environ.get("SNNRUN_DATA") or "data").expanduser().absolute()


def find(name: str) -> Path:
    """Return the file or folder that a config names.

    A relative name is looked for in the data folder first, then in the working directory.

    Raises:
        DataError: it is in neither; the text says where it was looked for.
    """
    path = Path(name).expanduser()
    places = list(dict.fromkeys([data_folder() / path, Path.cwd() / path]))
    for place in places:
        if place.exists():
            return place
    tried = " nor ".join(map(str, places))
    hint = "" if path.is_absolute() else " (SNNRUN_DATA names the data folder)"
    raise DataError(f"{name}: there is no {tried}{hint}")


def read_idx(path: Path, dimensions: int, sha256: str | None = None) -> NDArray[np.uint8]:
    """Return the array of bytes in an idx file, whose SHA-256 is checked if it is given.

    Raises:
        DataError: naming the file, if it cannot be read or is not what it should be.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    start = 4 + 4 * dimensions
    if content[:4] != bytes((0, 0, 8, dimensions)) or len(content) < start:
        raise DataError(f"{path}: not an idx file of bytes in {dimensions} dimensions; replace it")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    due = start + math.prod(shape)
    if len(content) != due:
        raise DataError(f"{path}: has {len(content)} bytes; its header says {due}; replace it")
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path}: not the published file: its SHA-256 is another; replace it")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
