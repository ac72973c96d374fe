r"""Imperfections of a substrate, each of which changes a network or its input.

One at a time, with :math:`\xi` from a normal distribution:

.. math::
   \text{weight precision:}\quad & w \to p\,\mathrm{round}(w/p) \\
   \text{weight noise:}\quad & w \to w + \sigma |w| \xi \quad\text{or}\quad
       w \to w + \sigma\, w_\mathrm{rms}\, \xi \\
   \text{input jitter:}\quad & t \to |t + \sigma\xi| \\
   \text{threshold mismatch:}\quad &
       \vartheta \to \vartheta + \sigma (\vartheta - E_l)\, \xi_\text{neuron} \\
   \text{mismatch of time constants:}\quad &
       (\tau_m, \tau_s) \to |1 + \sigma\, \xi_\text{neuron}|\, (\tau_m, \tau_s)

Weights, thresholds and time constants are those of a network, so their noise is drawn once for all
samples. Both time constants of a neuron have the same factor: for what it takes a time t, a neuron
with the factor f takes f t, so that its spike is f times the one for arrivals divided by f.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.models.first_spike.settings import ThresholdNoise

#: Changes a network in place, by its strength and noise.
Change = Callable[[Any, float, Generator], None]


def precision(model: Any, step: float, noise: Generator) -> None:
    """Round all weights to multiples of ``step``, as ``model.weight_precision`` does."""
    for layer in model.layers:
        layer.precision = step


def weight_noise(model: Any, strength: float, noise: Generator, *, relative: bool) -> None:
    """Add noise to the weights as they act: relative to each, or to their layer's r.m.s."""
    for layer in model.layers:
        weights = layer.acting_weights().clone()
        scale = weights.abs() if relative else weights.square().mean().sqrt()
        layer.precision = None
        layer.weights.data.copy_(weights + strength * scale * _normal(weights, noise))


def mismatch(model: Any, strength: float, noise: Generator) -> None:
    """Give each neuron a threshold of its own."""
    for layer in model.layers:
        height = layer.neuron.threshold - layer.neuron.leak
        offsets = strength * height * _normal(layer.weights[0], noise)
        if layer.settings.threshold_noise is None:
            own = {"threshold_noise": ThresholdNoise()}
            layer.settings = layer.settings.model_copy(update=own)
        else:
            offsets = offsets + layer.threshold_offsets
        layer.register_buffer("threshold_offsets", offsets)


class Slowed(nn.Module):
    """A stage before a layer that sees times as neurons with such time constants do.

    Args:
        factors: ``[neurons]``.
    """

    def __init__(self, factors: Tensor) -> None:
        super().__init__()
        self.factors = factors

    def forward(self, arrivals: Tensor, random: Random | None = None) -> Tensor:
        """Return ``[batch, inputs, neurons]``."""
        return (arrivals[:, :, None] if arrivals.dim() == 2 else arrivals) / self.factors


def time_constants(model: Any, strength: float, noise: Generator) -> None:
    """Give each neuron time constants of its own."""
    for layer in model.layers:
        factors = (1 + strength * _normal(layer.weights[0], noise)).abs().clamp(min=1e-3)
        layer.before.append(Slowed(factors))
        layer.register_forward_hook(lambda _, given, found, factors=factors: found * factors)


def jitter(times: Tensor, strength: float, random: Random) -> Tensor:
    """Return input spikes with noise; what falls before 0 is mirrored, absent ones stay absent."""
    return (times + strength * random.normal("input jitter", times.shape[1:], times)).abs()


#: What changes a network.
CHANGES: dict[str, Change] = {
    "rounding": precision,
    "relative": partial(weight_noise, relative=True),
    "absolute": partial(weight_noise, relative=False),
    "mismatch": mismatch,
    "time_constants": time_constants,
}


def _normal(like: Tensor, noise: Generator) -> Tensor:
    """Drawn in float64, so that both precisions see the same noise."""
    return torch.randn(like.shape, generator=noise, dtype=torch.float64).to(like)
