"""What every encoder does: turn values into what a network sees, in two stages.

What is the same in every epoch is done once for the whole data set; what is drawn anew for each
batch (noise, random spikes) is done when the batch is presented.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tables are read where torch is not wanted
    from torch import Tensor


class Encoder(ABC):
    """From values in [0, 1] to spikes."""

    @abstractmethod
    def __call__(self, values: Tensor) -> Tensor:
        """Return the code ``[samples, neurons]`` of ``values [samples, *shape]``, or images."""

    def present(self, coded: Tensor, training: bool) -> Tensor:
        """Return what the network sees of one coded batch; random numbers come from torch's own.

        Networks of first spikes see times ``[batch, neurons]``; networks that advance in steps see
        ``[time, batch, neurons]``, with stride 0 over time where the input is constant; networks of
        images see ``[batch, channel, height, width]``.
        """
        return coded

    def fit(self, values: Tensor) -> None:
        """Adapt to the training samples ``[samples, *shape]``; most encoders have no need to."""
        return
