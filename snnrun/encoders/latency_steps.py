"""Latency code in steps: every input spikes once, the sooner the larger its value v.

    step = round((1 - v) (steps - 1))       first = "high"
    step = round(v (steps - 1))             first = "low"

An input of value 0 stays silent with ``background = "silent"``: in an image of ink on an empty
page, only the ink spikes.
"""

from torch import Tensor

from snnrun.encoders.one_spike import NEVER, OneSpike
from snnrun.encoders.train_settings import LatencyStepsSettings


class LatencySteps(OneSpike):
    """The code above.

    Example:
        >>> import torch
        >>> LatencySteps(LatencyStepsSettings(steps=5)).prepare(torch.tensor([[0.0, 0.5, 1.0]]))
        tensor([[-1.,  2.,  0.]])
    """

    settings: LatencyStepsSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return the step of each spike, ``[samples, ...]``, flat or as images; -1 = never."""
        chosen, laid = self.settings, self.laid_out(values)
        delay = 1 - laid if chosen.first == "high" else laid
        steps = (delay * (chosen.steps - 1)).round()
        return steps.masked_fill(laid == 0, NEVER) if chosen.background == "silent" else steps
