"""Poisson code: at every step each neuron spikes with the probability that its value gives.

Spikes are drawn anew each time a sample is shown, independently for every step. (In the limit of
short steps the spikes of a neuron form a Poisson process; with steps, it is a Bernoulli process.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import SteppedSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Tensor


class PoissonSettings(SteppedSettings):
    """How long the values are shown, and how where nothing is learned."""

    evaluation: Annotated[
        Literal["poisson", "rate"],
        Field(description="code for evaluation: random spikes too, or the values themselves"),
    ] = "poisson"


class Poisson(Encoder):
    """Random spikes; the numbers come from torch's own generator."""

    def __init__(self, settings: PoissonSettings) -> None:
        self.settings = settings

    def __call__(self, values: Tensor) -> Tensor:
        """Return the spike probabilities ``[samples, neurons]`` of ``values [samples, *shape]``."""
        return values.flatten(1)

    def present(self, coded: Tensor, training: bool) -> Tensor:
        """Return spikes ``[time, batch, neurons]``, 0 or 1; or the values, repeated."""
        from snnrun.kernels.random.bernoulli import bernoulli

        if training or self.settings.evaluation == "poisson":
            return bernoulli(coded, self.settings.steps)
        return coded.expand(self.settings.steps, *coded.shape)
