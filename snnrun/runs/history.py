"""Arrays that a run keeps of every epoch: ``history.jsonl``, one line an array.

::

    {"epoch": 3, "name": "layers.1.weights", "shape": [121, 3], "float32": "VjDcP1..."}

The values are little-endian float32 in C order, written as base64. Such a file only grows, and what
a killed process left of a line is told from a whole one (docs/decisions/0005-history.md).
"""

import base64
import json
from collections.abc import Iterable, Mapping
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
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise DataError(f"history.jsonl is damaged at {line[:60]!r}: {error}") from error
    return {name: Kept(epochs, np.stack(arrays)) for name, (epochs, arrays) in found.items()}


def fitting(found: Mapping[str, Kept], name: str, shape: tuple[int, ...]) -> Kept | None:
    """Return an array of every epoch; None where nothing of it was kept.

    Raises:
        DataError: it is of another network, in which it would have another shape.
    """
    kept = found.get(name)
    if kept is not None and kept.values.shape[1:] != shape:
        has = list(kept.values.shape[1:])
        raise DataError(f"history.jsonl: {name} is {has}, in the network {list(shape)}")
    return kept


def in_common(first: Kept, second: Kept) -> tuple[Kept, Kept]:
    """Return two arrays over the epochs that both have: a killed process may leave one more.

    Example:
        >>> one, other = Kept([0, 1, 2], np.zeros((3, 2))), Kept([0, 2], np.ones((2, 2)))
        >>> [each.epochs for each in in_common(one, other)]
        [[0, 2], [0, 2]]
    """
    if first.epochs == second.epochs:
        return first, second
    places = [{epoch: place for place, epoch in enumerate(each.epochs)} for each in (first, second)]
    epochs = sorted(places[0].keys() & places[1].keys())
    one, other = (
        Kept(epochs, each.values[[place[epoch] for epoch in epochs]])
        for each, place in zip((first, second), places, strict=True)
    )
    return one, other
