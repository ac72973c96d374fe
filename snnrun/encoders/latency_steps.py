"""Latency code in steps: every input spikes once, the sooner the larger its value v.

    step = round((1 - v) (steps - 1))       first = "high"
    step = round(v (steps - 1))             first = "low"

An input of value 0 stays silent with ``background = "silent"``: in an image of ink on an empty
page, only the ink spikes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from snnrun.encoders.encoder import Encoder
from snnrun.encoders.settings import SteppedSettings

if TYPE_CHECKING:  # the settings are read where torch is not wanted
    from torch import Tensor

NEVER = -1.0


class LatencyStepsSettings(SteppedSettings):
    """Which values spike early, and whether the background spikes."""

    first: Annotated[Literal["low", "high"], Field(description="which values spike early")] = "high"
    background: Annotated[
        Literal["spike", "silent"], Field(description="what the value 0 does")
    ] = "silent"


class LatencySteps(Encoder):
    """The code above.

    Example:
        >>> import torch
        >>> code = LatencySteps(LatencyStepsSettings(steps=5))(torch.tensor([[0.0, 0.5, 1.0]]))
        >>> code
        tensor([[-1.,  2.,  0.]])
    """

    def __init__(self, settings: LatencyStepsSettings) -> None:
        self.settings = settings

    def __call__(self, values: Tensor) -> Tensor:
        """Return the step of each spike ``[samples, neurons]``; -1 = never."""
        chosen, flat = self.settings, values.flatten(1)
        delay = 1 - flat if chosen.first == "high" else flat
        steps = (delay * (chosen.steps - 1)).round()
        return steps.masked_fill(flat == 0, NEVER) if chosen.background == "silent" else steps

    def present(self, coded: Tensor, training: bool) -> Tensor:
        """Return the spikes ``[time, batch, neurons]``, 0 or 1."""
        now = coded.new_tensor(range(self.settings.steps))[:, None, None]
        return (coded == now).to(coded.dtype)
