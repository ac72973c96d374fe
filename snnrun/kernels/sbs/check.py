"""What SbS layers refuse: shapes, types and given spikes, and other numbers for readable twins.

The compiled pass looks at the numbers itself, in a hundredth of the time.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.sbs.passes import Layer, is_compiled

MOST_INPUT = 1e30  # of a pixel, as of the samples of a data set
MOST_FACTOR = 1e20  #: of a step


def check(layer: Layer, weights: Tensor | None) -> None:
    """Refuse what does not fit.

    Args:
        layer: whose source is a draw, or spikes ``[batch, steps, X, Y]``.
        weights: ``[S, N]``; None: pooling.

    Raises:
        TypeError: x and weights are not both float32 or both float64.
        ValueError: shapes do not fit, or numbers are out of range.
    """
    x, eps_t = layer.x, layer.steps.eps_t
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(f"sbs: expected x [batch, channel, height, width], not {list(x.shape)}")
    if x.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"sbs: expected x of float32 or float64, not {x.dtype}")
    size, inputs = layer.size(), layer.geometry.inputs(x.shape[1])
    if weights is not None:
        _check_weights(weights, inputs, x.dtype)
    if eps_t.ndim != 1:
        raise ValueError(f"sbs: expected eps_t [steps], not {list(eps_t.shape)}")
    if isinstance(layer.source, Tensor):
        _check_spikes(layer.source, (len(x), len(eps_t), *size), inputs)
    if not is_compiled(x):
        _check_numbers(layer, weights)


def _check_weights(weights: Tensor, inputs: int, dtype: torch.dtype) -> None:
    if weights.dtype != dtype:
        raise TypeError(f"sbs: expected weights of {dtype}, as x, not {weights.dtype}")
    if weights.ndim != 2 or len(weights) != inputs or weights.shape[1] == 0:
        raise ValueError(
            f"sbs: expected weights [S, N] with S = {inputs}, not {list(weights.shape)}"
        )


def _check_spikes(spikes: Tensor, shape: tuple[int, ...], inputs: int) -> None:
    if spikes.shape != shape:
        raise ValueError(f"sbs: expected spikes {list(shape)}, not {list(spikes.shape)}")
    if spikes.dtype != torch.int64:
        raise TypeError(f"sbs: expected spikes of torch.int64, not {spikes.dtype}")
    low, high = (int(value) for value in spikes.aminmax()) if spikes.numel() else (0, 0)
    if low < -1 or high >= inputs:
        raise ValueError(f"sbs: expected spikes from -1 to {inputs - 1}, not {low} to {high}")


def _check_numbers(layer: Layer, weights: Tensor | None) -> None:
    _check_range("x", layer.x, MOST_INPUT)
    if weights is not None:
        _check_range("weights", weights, MOST_FACTOR)
    _check_range("eps_t", layer.steps.eps_0 * layer.steps.eps_t, MOST_FACTOR)
    _check_range("eps_xy", layer.eps(), MOST_FACTOR)
    if not isinstance(layer.source, Tensor) and layer.source.samples is not None:
        _check_samples(layer.source.numbers(len(layer.x)), len(layer.x))


def _check_range(name: str, values: Tensor, most: float) -> None:
    low, high = (value.item() for value in values.detach().aminmax()) if len(values) else (0, 0)
    if not (low >= 0 and high <= most):
        wrong = low if not low >= 0 else high
        raise ValueError(f"{name}: expected numbers from 0 to {most:g}, not {wrong:g}")


def _check_samples(samples: NDArray[np.int64], batch: int) -> None:
    if samples.dtype != np.int64:
        raise TypeError(f"samples: expected int64, not {samples.dtype}")
    if samples.shape != (batch,):
        raise ValueError(f"samples: expected [{batch}], not {list(samples.shape)}")
    if (wrong := samples[samples < 0]).size:
        raise ValueError(f"samples: expected numbers from 0 on, not {wrong[0]}")
