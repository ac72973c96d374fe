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

import math

from torch import Tensor

from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import LatencySettings


class Latency(Encoder):
    """The code above as a function of tensors, on any device, in the type of its input.

    Example:
        >>> import torch
        >>> latency = Latency(LatencySettings(early=0.5, late=2.5))
        >>> latency.prepare(torch.tensor([[0.0, 0.25, 1.0]]))
        tensor([[0.5000, 1.0000, 2.5000]])
    """

    settings: LatencySettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return spike times ``[batch, neurons]`` of ``values [batch, *shape]`` in [0, 1]."""
        chosen = self.settings
        delay = values.flatten(1)
        if chosen.first == "high":
            delay = 1 - delay
        times = chosen.early + (chosen.late - chosen.early) * delay
        return times.masked_fill(delay == 1, math.inf) if chosen.background == "silent" else times

    def forward(self, prepared: Tensor, random: Random) -> Tensor:
        """Return the spike times, in training with noise.

        What falls before 0 is mirrored; an absent spike stays absent.
        """
        noise = self.settings.noise
        if noise is None or not self.training:
            return prepared
        drawn = random.normal("input noise", prepared.shape[1:], prepared)
        return (prepared + (noise.mean + noise.std * drawn)).abs()
