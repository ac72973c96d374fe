r"""Latency code: every input spikes once, at a time that is linear in its value v.

    t = early + (late - early) * v          first = "low":  small values spike early
    t = early + (late - early) * (1 - v)    first = "high": large values (ink) spike early

With ``background = "silent"`` the value that would spike at ``late`` itself does not: t = inf. The
three codes of the first-spike paper (Göltz et al., "Fast and energy-efficient neuromorphic deep
learning with first-spike times", 2021), all with early 0.15 and late 2:

    Yin-Yang          first = "low"
    MNIST 28x28       first = "high"                         the black background spikes at 2
    MNIST 16x16       first = "high", background = "silent"
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import EncoderSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Generator, Tensor


class SpikeNoise(Settings):
    """Normal noise on the spike times, in training only."""

    mean: Annotated[float, Field(description="tau_syn")] = 0.0
    std: Annotated[float, Field(ge=0, description="tau_syn")]


class LatencySettings(EncoderSettings):
    """When the values 0 and 1 spike."""

    early: Annotated[float, Field(ge=0, description="first spike time, tau_syn")] = 0.15
    late: Annotated[float, Field(description="last spike time, tau_syn")] = 2.0
    first: Annotated[Literal["low", "high"], Field(description="which values spike early")] = "low"
    background: Annotated[
        Literal["spike", "silent"], Field(description="what the value that is due at `late` does")
    ] = "spike"
    noise: Annotated[
        SpikeNoise | None, Field(description="added to the spike times in training")
    ] = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.early < self.late:
            raise ValueError(f"late is {self.late:g}; expected more than early = {self.early:g}")
        return self

    def output_size(self, input_shape: tuple[int, ...]) -> int:
        """Return the number of neurons that code a sample of this shape: one a value."""
        return math.prod(input_shape)


class Latency(Encoder):
    """The code above as a function of tensors, on any device, in the type of its input.

    Example:
        >>> import torch
        >>> Latency(LatencySettings(early=0.5, late=2.5))(torch.tensor([[0.0, 0.25, 1.0]]))
        tensor([[0.5000, 1.0000, 2.5000]])
    """

    def __init__(self, settings: LatencySettings) -> None:
        self.settings = settings

    def __call__(self, values: Tensor) -> Tensor:
        """Return spike times ``[batch, neurons]`` of ``values [batch, *shape]`` in [0, 1]."""
        chosen = self.settings
        delay = values.flatten(1)
        if chosen.first == "high":
            delay = 1 - delay
        times = chosen.early + (chosen.late - chosen.early) * delay
        return times.masked_fill(delay == 1, math.inf) if chosen.background == "silent" else times

    def present(self, coded: Tensor, training: bool) -> Tensor:
        """Return the spike times, in training with the noise."""
        return self.perturb(coded) if training else coded

    def perturb(self, times: Tensor, generator: Generator | None = None) -> Tensor:
        """Return ``times`` with the training noise; what falls before 0 is mirrored, inf stays."""
        noise = self.settings.noise
        if noise is None:
            return times
        shift = times.new_empty(times.shape).normal_(noise.mean, noise.std, generator=generator)
        return (times + shift).abs()
