"""What SbS layers refuse."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.sbs.passes import Layer

MOST = 1e20  # of a step: its products must stay finite in single precision


def check(layer: Layer, weights: Tensor | None) -> None:
    """Refuse what does not fit.

    Args:
        layer: whose source is a draw, or spikes ``[batch, steps, X, Y]``.
        weights: ``[S, N]``; None: pooling.

    Raises:
        TypeError: x and weights are not both float32 or both float64.
        ValueError: shapes do not fit, or numbers are out of range.
    """
    _check_input(layer)
    inputs = layer.geometry.inputs(layer.x.shape[1])
    if weights is not None:
        _check_weights(weights, inputs, layer.x.dtype)
    _check_steps(layer)
    if isinstance(layer.source, Tensor):
        _check_spikes(layer.source, layer, inputs)
    elif layer.source.samples is not None:
        _check_samples(layer.source.numbers(len(layer.x)), len(layer.x))


def _check_input(layer: Layer) -> None:
    x = layer.x
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(f"sbs: expected x [batch, channel, height, width], not {list(x.shape)}")
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"sbs: expected x of float32 or float64, not {x.dtype}")
    layer.size()
    pixels = x[0].numel()
    _check_range("x", x, torch.finfo(torch.float32).max / max(pixels, 1))


def _check_weights(weights: Tensor, inputs: int, dtype: torch.dtype) -> None:
    if weights.dtype != dtype:
        raise TypeError(f"sbs: expected weights of {dtype}, as x, not {weights.dtype}")
    if weights.ndim != 2 or len(weights) != inputs or weights.shape[1] == 0:
        raise ValueError(
            f"sbs: expected weights [S, N] with S = {inputs}, not {list(weights.shape)}"
        )
    _check_range("weights", weights, MOST)


def _check_steps(layer: Layer) -> None:
    eps_t = layer.steps.eps_t
    if eps_t.ndim != 1:
        raise ValueError(f"sbs: expected eps_t [steps], not {list(eps_t.shape)}")
    if len(eps_t):
        _check_range("eps_0 eps_t", layer.steps.eps_0 * eps_t, MOST)
    if layer.eps_xy is not None:
        _check_range("eps_xy", layer.eps(), MOST)


def _check_spikes(spikes: Tensor, layer: Layer, inputs: int) -> None:
    shape = (len(layer.x), len(layer.steps.eps_t), *layer.size())
    if spikes.shape != shape:
        raise ValueError(f"sbs: expected spikes {list(shape)}, not {list(spikes.shape)}")
    if spikes.dtype != torch.int64:
        raise TypeError(f"sbs: expected spikes of torch.int64, not {spikes.dtype}")
    low, high = (int(value) for value in spikes.aminmax()) if spikes.numel() else (0, 0)
    if low < -1 or high >= inputs:
        raise ValueError(f"sbs: expected spikes from -1 to {inputs - 1}, not {low} to {high}")


def _check_samples(samples: NDArray[np.int64], batch: int) -> None:
    if samples.dtype != np.int64:
        raise TypeError(f"sbs: expected samples of int64, not {samples.dtype}")
    if samples.shape != (batch,):
        raise ValueError(f"sbs: expected samples [{batch}], not {list(samples.shape)}")
    if (wrong := samples[samples < 0]).size:
        raise ValueError(f"sbs: expected samples from 0 on, not {wrong[0]}")


def _check_range(name: str, values: Tensor, most: float) -> None:
    low, high = (value.item() for value in values.detach().aminmax())
    if not (low >= 0 and high < float("inf")):
        wrong = low if not low >= 0 else high
        raise ValueError(
            f"sbs: expected {name} of finite numbers that are not negative, not {wrong}"
        )
    if high > most:
        raise ValueError(f"sbs: expected {name} up to {most:.0e}, not {high:.0e}")
