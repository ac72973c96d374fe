"""What evaluation keeps of layers, ``<layer>/<quantity>``, as rows of a table. Free of torch."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def rows(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float]]:
    """Return the numbers of each layer, by its key and their names, from the input on.

    Example:
        >>> import numpy as np
        >>> rows({"readout/silent": np.array(0.5), "layers.1/silent": np.array(0.25)})
        {'layers.1': {'silent': 0.25}, 'readout': {'silent': 0.5}}
    """
    found: dict[str, dict[str, float]] = {}
    for name in sorted(arrays, key=place):
        layer, slash, quantity = name.rpartition("/")
        if slash:
            found.setdefault(layer, {})[quantity] = float(arrays[name])
    return found


def place(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """Return what layers are sorted by: their numbers, body before shortcut, a readout last."""
    parts = name.partition("/")[0].split(".")
    ordered = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return parts[0] == "readout", ordered
