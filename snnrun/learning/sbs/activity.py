"""Which layers of a Spike-By-Spike network are silent: those whose input is all zero."""

from collections.abc import Sequence

import torch
from torch import Tensor

from snnrun.learning import activity
from snnrun.learning.outcome import Outcome
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.spiking import SpikingLayer

#: What an encoder adds so that no patch is all zero is less than this.
DARK = 1e-12


class SbsActivity(activity.ActivityLog):
    """Sees what each layer that draws spikes is given; none of them is ever too busy."""

    def __init__(self, model: SbsNet) -> None:
        layers = enumerate(model.layers)
        self._places = [index for index, each in layers if isinstance(each, SpikingLayer)]
        super().__init__([f"layers.{index}" for index in self._places])

    def see(self, inputs: Sequence[Tensor], outcome: Outcome) -> None:
        """Add to an outcome what :meth:`warn` needs to know.

        Args:
            inputs: of every layer, ``[batch, channel, height, width]``.
            outcome: of the batch.
        """
        if not self.names:
            return
        given = [inputs[index].detach() for index in self._places]
        outcome.sums["inactive"] = lambda: torch.tensor(
            [*((each.amax((1, 2, 3)) < DARK).sum().item() for each in given), *([0] * len(given))],
            dtype=torch.float64,
        )

    def text(self, index: int, *, silent: bool) -> str:
        """Return what to say of a layer that is silent."""
        return (
            "silent: all that reaches it is 0 for every sample, so no spike tells it anything "
            "and nothing is learned; its inputs must change"
        )
