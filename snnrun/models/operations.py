r"""How many synaptic operations a network takes: additions for spikes, products of values.

A spike adds a weight to each neuron that it reaches, so a layer accumulates

.. math:: \mathrm{AC} = \sum_{t, i} s_{t, i}\, f_i

times, with :math:`s_{t, i}` spikes of input i at step t and its fan-out :math:`f_i`: T times the
rate of the input times the connections, but exact at the borders of a convolution. An input of
other values takes a multiplication at each connection and step; at the first step only if it stays
the same. Biases, norms, pools and the neurons themselves are not counted.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.lif.steady import is_constant


class Operations(NamedTuple):
    """What a batch takes at the weights of a layer.

    key: what configs call the layer, below ``model``, such as ``layers.0``.
    accumulations: additions of a weight, in all samples.
    multiplications: multiplications with an addition, in all samples.
    """

    key: str
    accumulations: float = 0.0
    multiplications: float = 0.0


def of_spikes(key: str, x: Tensor, fan_out: Tensor | int, size: float = 1.0) -> Operations:
    """Return what spikes take.

    Args:
        key: of the layer.
        x: its input ``[time, batch, ...]``, spikes times their size.
        fan_out: connections of each input; a number, or one for each row and column of images.
        size: what one spike is in x, such as 1/4 behind the mean of a patch of four.

    Example:
        >>> of_spikes("readout", torch.tensor([[[1.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]]), 10)
        Operations(key='readout', accumulations=30.0, multiplications=0.0)
    """
    return Operations(key, _reached(x, fan_out) / size)


def of_values(key: str, x: Tensor, fan_out: Tensor | int) -> Operations:
    """Return what values take: as :func:`of_spikes`, whatever they are."""
    steps = 1 if is_constant(x) else len(x)
    return Operations(key, 0.0, steps * x.shape[1] * _connections(x, fan_out))


def of_input(key: str, x: Tensor, fan_out: Tensor | int, size: float = 1.0) -> Operations:
    """Return what the input of a network takes: samples of whole numbers are so many spikes.

    A negative number is a spike, too, as of falling brightness.
    """
    once = x[:1] if is_constant(x) else x
    rest = (once if size == 1 else once / size).frac().abs_()
    spiking = rest.flatten(2).amax((0, 2)) == 0
    if spiking.all():
        return of_spikes(key, once.abs().expand(x.shape), fan_out, size)
    if not spiking.any():
        return of_values(key, x, fan_out)
    spikes = of_spikes(key, x[:, spiking].abs(), fan_out, size)
    values = of_values(key, once[:, ~spiking], fan_out)
    return Operations(key, spikes.accumulations, values.multiplications)


def _reached(x: Tensor, fan_out: Tensor | int) -> float:
    """Return the sum of x times its fan-out; sums of spikes of a sample are exact in float32."""
    once, steps = (x[:1], len(x)) if is_constant(x) else (x, 1)
    wide = once.float() if once.dtype.itemsize < 4 else once
    if isinstance(fan_out, int):
        return steps * fan_out * wide.flatten(2).sum(2).sum(dtype=torch.float64).item()
    summed = wide.sum((0, 2)).sum(0, dtype=torch.float64)  # over channels, then over samples
    return steps * (summed * fan_out.to(summed)).sum().item()


def _connections(x: Tensor, fan_out: Tensor | int) -> float:
    """Return the connections of one step of one sample."""
    inputs = x[0, 0].numel()
    if isinstance(fan_out, int):
        return inputs * fan_out
    return inputs / fan_out.numel() * fan_out.sum().item()
