"""Put weights and step sizes that the original saved into a network of ours."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from snnrun.compat.arrays import read_array
from snnrun.compat.pytorch_sbs.folders import Files, Saved
from snnrun.data.source import Array
from snnrun.errors import DataError
from snnrun.kernels.sbs.check import MOST_FACTOR
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.pooling import SbsPooling
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted, pooling_weights


def fill(model: SbsNet, saved: Saved, numbers: Sequence[int]) -> list[int]:
    """Fill in what was saved; return the numbers of the layers whose weights were not.

    Args:
        model: the network.
        saved: files by the number of the layer in their list.
        numbers: the number of each layer of ours in their list.

    Raises:
        DataError: a file is damaged, has another shape, or holds no probabilities.
    """
    missing = []
    for number, layer in zip(numbers, model.layers, strict=True):
        if isinstance(layer, Weighted):
            if number in saved.weights:
                _fill_weights(layer, saved.weights[number])
            else:
                missing.append(number)
        elif number in saved.weights:
            _check_pooling(layer, saved.weights[number])
        if isinstance(layer, SpikingLayer) and layer.epsilon_xy is not None:
            _fill_steps(layer.epsilon_xy, saved.eps_xy, number)
    _refuse_strangers(saved, numbers)
    return missing


def _fill_weights(layer: Weighted, path: Path) -> None:
    layer.weights.data.copy_(_read(path, tuple(layer.weights.shape)))
    try:
        layer.check_weights()
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    layer.norm_weights()


def _check_pooling(layer: nn.Module, path: Path) -> None:
    """Refuse weights of a pooling layer that was trained by mistake."""
    if not isinstance(layer, SbsPooling):
        raise DataError(f"{path}: this layer has no weights")
    wanted = pooling_weights(layer.place.shape[0], layer.geometry)
    if not np.allclose(_read(path, tuple(wanted.shape)), wanted, atol=1e-6):
        raise DataError(f"{path}: pooling has other weights than 1 / area from channel to channel")


def _fill_steps(eps_xy: nn.Parameter, files: Files, number: int) -> None:
    if number in files:
        path = files[number]
        values = _read(path, tuple(eps_xy.shape))
        if not ((values > 0) & (values <= MOST_FACTOR)).all():
            raise DataError(f"{path}: step sizes must be above 0, and {MOST_FACTOR:g} or less")
        eps_xy.data.copy_(values)


def _read(path: Path, shape: tuple[int, ...]) -> torch.Tensor:
    """Return an array of numbers of this shape."""
    found: Array = read_array(path)
    if found.shape != shape:
        raise DataError(
            f"{path}: holds {found.dtype} {list(found.shape)}; expected numbers {list(shape)}"
        )
    return torch.from_numpy(np.array(found, np.float64))


def _refuse_strangers(saved: Saved, numbers: Sequence[int]) -> None:
    """Refuse files of layers that the config does not have."""
    for path in _strangers(saved, set(numbers)):
        raise DataError(f"{path}: the config has no such layer with weights")


def _strangers(saved: Saved, numbers: set[int]) -> Iterator[Path]:
    for files in (saved.weights, saved.eps_xy):
        yield from (path for number, path in files.items() if number not in numbers)
