"""Where weights begin: float64 numbers, drawn from a generator."""

import torch
from torch import Generator, Tensor

from snnrun.models.graph.synapses import ConstantSettings, NormalSettings, UniformSettings


def uniform(settings: UniformSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return numbers evenly from one to another."""
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    return settings.low + (settings.high - settings.low) * drawn


def normal(settings: NormalSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return normal numbers."""
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
    return settings.mean + settings.std * drawn


def constant(settings: ConstantSettings, shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Return the same number everywhere."""
    return torch.full(shape, settings.value, dtype=torch.float64)
