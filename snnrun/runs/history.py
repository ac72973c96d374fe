"""Arrays that a run keeps of every epoch: ``history.jsonl``, one line an array.

::

    {"epoch": 3, "name": "layers.1.weights", "shape": [121, 3], "float32": "VjDcP1...", "crc": ...}

The values are little-endian float32 in C order, written as base64. Such a file only grows, and what
a killed process left of a line is told from a whole one (docs/decisions/0005-history.md).
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.runs.lines import checked_line, parse_line

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Series:
    """An array over the epochs: ``values [epochs, ...]``; nan stands for what there is not."""

    epochs: list[int]
    values: Floats


def to_line(epoch: int, name: str, values: NDArray[np.floating]) -> str:
    """Return an array as a line of the file.

    Example:
        >>> print(to_line(3, "layers.0.weights", np.array([[1.0, -0.5]]))[:82])
        {"epoch": 3, "name": "layers.0.weights", "shape": [1, 2], "float32": "AACAPwAAAL8=
    """
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    shape, text = list(values.shape), base64.b64encode(raw).decode()
    return checked_line({"epoch": epoch, "name": name, "shape": shape, "float32": text})


def array_of(line: str, where: str) -> tuple[int, str, Floats]:
    """Return epoch, name and values that a line tells.

    Raises:
        DataError: the line is damaged.
    """
    entry = parse_line(line, where)
    try:
        if entry.keys() != {"epoch", "name", "shape", "float32"}:
            raise ValueError("it holds something else than an array")
        raw = base64.b64decode(entry["float32"], validate=True)
        values = np.frombuffer(raw, "<f4").reshape(entry["shape"])
        return int(entry["epoch"]), str(entry["name"]), values
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"{where} is damaged: {error}") from error


def gather(lines: Iterable[str]) -> dict[str, Series]:
    """Return the arrays that lines hold, by name.

    Raises:
        DataError: a line is damaged.
    """
    found: dict[str, tuple[list[int], list[Floats]]] = {}
    for number, line in enumerate(lines, start=1):
        where = f"history.jsonl:{number}"
        epoch, name, values = array_of(line, where)
        epochs, arrays = found.setdefault(name, ([], []))
        if arrays and arrays[0].shape != values.shape:
            raise DataError(f"{where} is damaged: shape {values.shape} after {arrays[0].shape}")
        epochs.append(epoch)
        arrays.append(values)
    return {name: Series(epochs, np.stack(arrays)) for name, (epochs, arrays) in found.items()}


def fitting(found: Mapping[str, Series], name: str, shape: tuple[int, ...]) -> Series | None:
    """Return an array of every epoch; None where nothing of it was kept.

    Raises:
        DataError: it is of another network, in which it would have another shape.
    """
    kept = found.get(name)
    if kept is not None and kept.values.shape[1:] != shape:
        has = list(kept.values.shape[1:])
        raise DataError(f"history.jsonl: {name} is {has}, in the network {list(shape)}")
    return kept


def in_common(first: Series, second: Series) -> tuple[Series, Series]:
    """Return two arrays over the epochs that both have: a killed process may leave one more.

    Example:
        >>> one, other = Series([0, 1, 2], np.zeros((3, 2))), Series([0, 2], np.ones((2, 2)))
        >>> [each.epochs for each in in_common(one, other)]
        [[0, 2], [0, 2]]
    """
    if first.epochs == second.epochs:
        return first, second
    places = [{epoch: place for place, epoch in enumerate(each.epochs)} for each in (first, second)]
    epochs = sorted(places[0].keys() & places[1].keys())
    one, other = (
        Series(epochs, each.values[[place[epoch] for epoch in epochs]])
        for each, place in zip((first, second), places, strict=True)
    )
    return one, other
