"""Arrays that a run keeps of every epoch: ``history.jsonl``, one line an array.

::

    {"epoch": 3, "name": "layers.1.weights", "shape": [121, 3], "float32": "VjDcP1..."}

The values are little-endian float32 in C order, written as base64. Such a file only grows, and what
a killed process left of a line is told from a whole one (docs/decisions/0005-history.md).
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Kept:
    """An array over the epochs: ``values [epochs, ...]``; nan stands for what there is not."""

    epochs: list[int]
    values: Floats


def to_line(epoch: int, name: str, values: NDArray[np.floating]) -> str:
    """Return an array as a line of the file.

    Example:
        >>> print(to_line(3, "layers.0.weights", np.array([[1.0, -0.5]])), end="")
        {"epoch": 3, "name": "layers.0.weights", "shape": [1, 2], "float32": "AACAPwAAAL8="}
    """
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    shape, text = list(values.shape), base64.b64encode(raw).decode()
    return json.dumps({"epoch": epoch, "name": name, "shape": shape, "float32": text}) + "\n"


def gather(lines: Iterable[str]) -> dict[str, Kept]:
    """Return the arrays that lines hold, by name.

    Raises:
        DataError: a line is damaged.
    """
    found: dict[str, tuple[list[int], list[Floats]]] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            raw = base64.b64decode(entry["float32"], validate=True)
            values = np.frombuffer(raw, "<f4").reshape(entry["shape"])
            epochs, arrays = found.setdefault(entry["name"], ([], []))
            if arrays and arrays[0].shape != values.shape:
                raise ValueError(f"shape {values.shape} after {arrays[0].shape}")
            epochs.append(int(entry["epoch"]))
            arrays.append(values)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"history.jsonl is damaged at {line[:60]!r}: {error}") from error
    return {name: Kept(epochs, np.stack(arrays)) for name, (epochs, arrays) in found.items()}
