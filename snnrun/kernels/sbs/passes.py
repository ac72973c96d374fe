"""The forward pass of SbS layers: compiled for float32, else by the readable twins.

The compiled pass (``native/include/snnrun/sbs.hpp``) draws the spikes of a few populations, lets
them move h, and keeps nothing else. Both give the same spikes.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from snnrun.kernels.native import native
from snnrun.kernels.sbs import reference as twin
from snnrun.kernels.sbs.draw import Draw, as_images, spike_rows
from snnrun.kernels.sbs.geometry import Geometry, Pair
from snnrun.kernels.sbs.steps import StepSizes, eps_table


class Layer(NamedTuple):
    """What populations see, where their spikes come from and how far these move h.

    x: input ``[batch, channel, height, width]``.
    source: a draw, or given spikes ``[populations, steps]``.
    """

    x: Tensor
    geometry: Geometry
    source: Draw | Tensor
    steps: StepSizes
    eps_xy: Tensor | None

    def size(self) -> Pair:
        """Return X and Y."""
        return self.geometry.output_size(self.x.shape[2], self.x.shape[3])

    def eps(self) -> Tensor:
        """Return eps_xy by position, ``[X * Y, 1 or S]``, of the type of x."""
        table = eps_table(self.eps_xy, self.geometry, self.x.shape[1], self.size())
        return table.to(self.x.dtype)


def forward(layer: Layer, weights: Tensor) -> Tensor:
    """Return h ``[batch, N, X, Y]`` for weights ``[S, N]``."""
    if (module := _module(layer.x)) is not None:
        h = module.sbs_forward(
            layer.x.detach().numpy(), weights.detach().contiguous().numpy(), *_arguments(layer)
        )
        return torch.from_numpy(h).permute(0, 3, 1, 2)
    eps = layer.eps().repeat(len(layer.x), 1)
    h = twin.h_rows(spikes(layer), weights, eps, layer.steps)
    return as_images(h, len(layer.x), layer.size())


def pooled(layer: Layer) -> Tensor:
    """Return h ``[batch, channel, X, Y]`` of pooling."""
    if (module := _module(layer.x)) is not None:
        h = module.sbs_pooling(layer.x.detach().numpy(), *_arguments(layer))
        return torch.from_numpy(h).permute(0, 3, 1, 2)
    eps, channels = layer.eps().repeat(len(layer.x), 1), layer.x.shape[1]
    h = twin.pooled_rows(spikes(layer), channels, layer.geometry, eps, layer.steps)
    return as_images(h, len(layer.x), layer.size())


def spikes(layer: Layer) -> Tensor:
    """Return the spikes of the layer, ``[populations, steps]``, -1 after the last one."""
    if isinstance(layer.source, Tensor):
        return layer.source
    steps = len(layer.steps.eps_t)
    if (module := native()) is None:
        return spike_rows(layer.x, layer.geometry, steps, layer.source)
    x, threads = layer.x.detach().float().numpy(), torch.get_num_threads()
    source = _source(layer.source)
    return torch.from_numpy(module.sbs_spikes(x, layer.geometry, source, steps, threads))


def is_compiled(x: Tensor) -> bool:
    """Tell whether the compiled pass is there for such input."""
    return _module(x) is not None


def _module(x: Tensor) -> Any:
    return native() if x.dtype == torch.float32 else None


def _arguments(layer: Layer) -> tuple[Any, ...]:
    """Return what follows x, or x and the weights, in a call of the compiled module."""
    steps = layer.steps
    eps_t = (steps.eps_0 * steps.eps_t.detach()).float().contiguous().numpy()
    eps = layer.eps().detach().contiguous().numpy()
    source = _source(layer.source)
    return layer.geometry, source, eps_t, eps, steps.forgetting, torch.get_num_threads()


def _source(source: Draw | Tensor) -> Any:
    if isinstance(source, Tensor):
        return source.contiguous().numpy()
    samples = None if source.samples is None else np.ascontiguousarray(source.samples)
    return (source.key, samples, source.joint)
