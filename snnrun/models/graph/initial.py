"""Where weights begin: float64 numbers ``[post or filters, ...]``, drawn from a generator."""

import math

import torch
from torch import Generator, Tensor

from snnrun.models.graph.inits import (
    ConstantSettings,
    FanInSettings,
    NormalSettings,
    UniformSettings,
)


def uniform(settings: UniformSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return numbers evenly from one to another."""
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    return settings.low + (settings.high - settings.low) * drawn


def fan_in(settings: FanInSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return numbers evenly from one to another, over the root of how many a neuron has."""
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    return (settings.low + (settings.high - settings.low) * drawn) / math.sqrt(math.prod(shape[1:]))


def normal(settings: NormalSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return normal numbers."""
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
    return settings.mean + settings.std * drawn


def constant(settings: ConstantSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return the same number everywhere."""
    return torch.full(shape, settings.value, dtype=torch.float64)
