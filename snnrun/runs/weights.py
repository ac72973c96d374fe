"""The weights of a checkpoint as arrays: what figures need of it, read without torch."""

import hashlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from snnrun.errors import DataError
from snnrun.runs.whole import brief, parse_json, read_numbers, read_text

_MODEL, _WEIGHTS = "model.", "weights.safetensors"


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of the model in a checkpoint, by their names within it.

    Raises:
        DataError: the checkpoint is absent or damaged.
    """
    try:
        meta = parse_json(read_text(path / "meta.json"))
        content = read_numbers(path / _WEIGHTS)
        if hashlib.sha256(content).hexdigest() != meta["sha256"][_WEIGHTS]:
            raise ValueError(f"the checksum of {_WEIGHTS} differs")
        found = dict(sorted(load(content).items()))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise DataError(f"{path} is damaged: {brief(error)}") from error
    if meta.get("format") == 1:
        return {renamed(name): array for name, array in found.items()}
    return {
        name.removeprefix(_MODEL): array for name, array in found.items() if name.startswith(_MODEL)
    }


def weights_digest(path: Path) -> str:
    """Return the SHA-256 of the weights of a checkpoint, as it was written.

    Raises:
        DataError: the checkpoint is absent or damaged.
    """
    try:
        digest: str = parse_json(read_text(path / "meta.json"))["sha256"][_WEIGHTS]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {brief(error)}") from error
    return digest


def renamed(name: str) -> str:
    """Return what a tensor of format 1 is called now: the readout of LIF networks was labels.

    Example:
        >>> renamed("labels.weights"), renamed("layers.0.weights")
        ('readout.weights', 'layers.0.weights')
    """
    return f"readout.{name.removeprefix('labels.')}" if name.startswith("labels.") else name
