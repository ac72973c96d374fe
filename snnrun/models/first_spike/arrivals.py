"""What spikes pass on their way to a layer: from spike times to times of arrival.

A stage maps ``[batch, inputs]``, or ``[batch, inputs, neurons]`` once arrivals differ between
neurons, to the same with more inputs, later times, or one time for each synapse. Delays:
Göltz et al., DelGrad, Nature Communications 16 (2025).
"""

import torch
from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.core.registry import Settings
from snnrun.models.first_spike.stages import (
    POSITIVITIES,
    STAGES,
    BiasesSettings,
    ClipSettings,
    DelaySettings,
    MultiplexSettings,
    ShiftSettings,
    SigmoidSettings,
)


class Biases(nn.Module):
    """Adds inputs that spike at fixed times, after the others."""

    times: Tensor

    def __init__(self, settings: BiasesSettings, inputs: int, neurons: int, _: Generator) -> None:
        super().__init__()
        self.register_buffer(
            "times", torch.tensor(settings.times, dtype=torch.float64), persistent=False
        )

    def forward(self, arrivals: Tensor, random: Random | None = None) -> Tensor:
        """Return ``[batch, inputs + biases, ...]``."""
        batch, _, *neurons = arrivals.shape
        times = self.times.view(-1, *(1 for _ in neurons))
        return torch.cat([arrivals, times.expand(batch, -1, *neurons)], 1)


class Multiplex(nn.Module):
    """Repeats each input."""

    def __init__(
        self, settings: MultiplexSettings, inputs: int, neurons: int, _: Generator
    ) -> None:
        super().__init__()
        self.factor = settings.factor

    def forward(self, arrivals: Tensor, random: Random | None = None) -> Tensor:
        """Return ``[batch, factor * inputs, ...]``: x, x, y, y, ..."""
        return arrivals.repeat_interleave(self.factor, 1)


class Sigmoid:
    """A delay between two bounds, as a smooth function of an unbounded parameter."""

    def __init__(self, settings: SigmoidSettings) -> None:
        self.settings = settings

    def effective(self, raw: Tensor) -> Tensor:
        """Return the delays."""
        return self.settings.shift + self.settings.scale * torch.sigmoid(raw)

    def constrain(self, raw: Tensor) -> None:
        """Nothing to do: every parameter gives a positive delay."""


class Clip:
    """The parameter is the delay; what falls below 0 is set to 0."""

    def __init__(self, settings: ClipSettings | ShiftSettings) -> None:
        self.settings = settings

    def effective(self, raw: Tensor) -> Tensor:
        """Return the delays."""
        return raw

    def constrain(self, raw: Tensor) -> None:
        """Cut off at 0, in place."""
        raw.clamp_(min=0)


class Shift(Clip):
    """The parameter is the delay; if one falls below 0, all are moved up."""

    def constrain(self, raw: Tensor) -> None:
        """Move all up by as much as the smallest lies below 0, in place."""
        raw.sub_(raw.min().clamp(max=0))


class Delay(nn.Module):
    """Adds trainable delays; ``raw`` is ``[inputs or 1, neurons or 1]`` before sharing."""

    def __init__(
        self, settings: DelaySettings, inputs: int, neurons: int, generator: Generator
    ) -> None:
        super().__init__()
        self.settings, self.neurons = settings, neurons
        shape = settings.shape(inputs, neurons)
        drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
        self.raw = nn.Parameter(settings.mean + settings.std * drawn, settings.trainable)
        build = POSITIVITIES.entry_of(settings.positivity).load()
        self.positivity: Sigmoid | Clip = build(settings.positivity)
        self.constrain()

    def effective(self) -> Tensor:
        """Return the delays ``[inputs or 1, neurons or 1]``."""
        delays = self.positivity.effective(self.raw)
        return delays.tile(self.settings.share_inputs, self.settings.share_neurons)

    @torch.no_grad()
    def constrain(self) -> None:
        """Restore, after a step, what keeps delays positive."""
        self.positivity.constrain(self.raw)

    def forward(self, arrivals: Tensor, random: Random | None = None) -> Tensor:
        """Return the delayed arrivals; axonal delays without jitter keep ``[batch, inputs]``."""
        delays, jitter = self.effective(), self.settings.jitter if random else 0.0
        if arrivals.dim() == 2 and self.settings.kind == "axonal" and not jitter:
            return arrivals + delays[:, 0]
        if arrivals.dim() == 2:
            arrivals = arrivals[:, :, None].expand(-1, -1, self.neurons)
        arrivals = arrivals + delays
        if random is None or not jitter:
            return arrivals
        return arrivals + jitter * random.normal("jitter", arrivals.shape[1:], arrivals)


def build_stage(
    settings: Settings, inputs: int, neurons: int, generator: Generator
) -> Biases | Multiplex | Delay:
    """Return the stage that ``settings`` describe, for a layer of ``neurons``."""
    stage: Biases | Multiplex | Delay = STAGES.entry_of(settings).load()(
        settings, inputs, neurons, generator
    )
    return stage
