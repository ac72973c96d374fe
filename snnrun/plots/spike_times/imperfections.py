r"""Imperfections of a substrate, and the accuracy that a trained network keeps with them.

One at a time, with :math:`\xi` from a normal distribution:

.. math::
   \text{weight precision:}\quad & w \to p\,\mathrm{round}(w/p) \\
   \text{weight noise:}\quad & w \to w + \sigma |w| \xi \quad\text{or}\quad
       w \to w + \sigma\, w_\mathrm{rms}\, \xi \\
   \text{input jitter:}\quad & t \to |t + \sigma\xi| \\
   \text{threshold mismatch:}\quad &
       \vartheta \to \vartheta + \sigma (\vartheta - E_l)\, \xi_\text{neuron}

The draws are the same at every strength, so a curve is smooth where the network is.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from snnrun.core.random import Random, generator
from snnrun.learning.outcome import predictions
from snnrun.models.first_spike.settings import ThresholdNoise
from snnrun.training.learner import Learner
from snnrun.training.threads import threads_for

Floats = NDArray[np.float64]
#: Changes a network in place and returns its input spike times: (network, times, strength, noise).
Change = Callable[[Any, Tensor, float, Generator], Tensor]


@dataclass(frozen=True)
class Sweep:
    """Accuracies, 0 to 1, ``[strengths, draws]`` at ``strengths [strengths]``."""

    strengths: Floats
    accuracy: Floats


@torch.no_grad()
def sweep(
    learner: Learner,
    times: Tensor,
    labels: Tensor,
    change: Change,
    strengths: Floats,
    *,
    draws: int,
    seed: int = 0,
) -> Sweep:
    """Return the accuracy at each strength of an imperfection; the network is left as it is.

    Args:
        learner: the trained one.
        times: input spike times ``[samples, inputs]``.
        labels: ``[samples]``.
        change: the imperfection.
        strengths: ``[strengths]``, how strong it is.
        draws: how often it is drawn.
        seed: of the draws, which are the same at each strength.
    """
    found = np.empty((len(strengths), draws))
    with threads_for(learner.model):
        for (row, draw), _ in np.ndenumerate(found):
            model, noise = deepcopy(learner.model), generator(seed, "robustness", draw)
            changed = change(model, times, float(strengths[row]), noise)
            random = Random(seed, "robustness", draw, 0, np.arange(len(labels)))
            right = predictions(learner.rule.scores(model(changed, random))).eq(labels)
            found[row, draw] = right.double().mean().item()
    return Sweep(strengths, found)


def precision(model: Any, times: Tensor, step: float, noise: Generator) -> Tensor:
    """Round all weights to multiples of ``step``, as ``model.weight_precision`` does."""
    for layer in model.layers:
        layer.precision = step
    return times


def weight_noise(
    model: Any, times: Tensor, strength: float, noise: Generator, relative: bool = True
) -> Tensor:
    """Add noise to the weights as they act: relative to each, or to their layer's r.m.s."""
    for layer in model.layers:
        weights = layer.acting_weights().clone()
        scale = weights.abs() if relative else weights.square().mean().sqrt()
        layer.precision = None
        layer.weights.copy_(weights + strength * scale * _normal(weights, noise))
    return times


def jitter(model: Any, times: Tensor, strength: float, noise: Generator) -> Tensor:
    """Add noise to the input spikes; what falls before 0 is mirrored, absent ones stay absent."""
    return (times + strength * _normal(times, noise)).abs()


def mismatch(model: Any, times: Tensor, strength: float, noise: Generator) -> Tensor:
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
    return times


def _normal(like: Tensor, noise: Generator) -> Tensor:
    """Drawn in float64, so that both precisions see the same noise."""
    return torch.randn(like.shape, generator=noise, dtype=torch.float64).to(like.dtype)
