"""Arrays in numpy's files that other programs wrote: numbers alone, whole, in bounded memory."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.runs.whole import brief, read_numbers


def read_array(path: Path) -> NDArray[Any]:
    """Return the array in a .npy file.

    Raises:
        DataError: it is absent, damaged, or holds more than numbers.
    """
    try:
        raw = read_numbers(path)
        found: NDArray[Any] = np.lib.format.read_array(io.BytesIO(raw), allow_pickle=False)
    except Exception as error:  # the reader raises whatever the bytes make it raise
        raise DataError(f"{path}: no array of numbers: {brief(error)}") from error
    if found.dtype.kind not in "fiu":
        raise DataError(f"{path}: no array of numbers: {list(found.shape)} of {found.dtype}")
    return found
