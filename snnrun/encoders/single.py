"""One spike of the largest values, all of them at the first step; the others stay silent.

An input spikes if its value is above the quantile ``1 - share`` of its sample, so about that share
of the inputs spikes, and none where all values are equal: BindsNET's ``single``, whose ``sparsity``
is the share.
"""

import torch
from torch import Tensor

from snnrun.encoders.one_spike import NEVER, OneSpike
from snnrun.encoders.train_settings import SingleSettings


class Single(OneSpike):
    """The code above.

    Example:
        >>> Single(SingleSettings()).prepare(torch.tensor([[0.0, 0.5, 1.0, 0.1]]))
        tensor([[-1.,  0.,  0., -1.]])
    """

    settings: SingleSettings

    def prepare(self, values: Tensor) -> Tensor:
        """Return 0 of each input that spikes, ``[samples, ...]``, flat or as images; -1 = never."""
        laid = self.laid_out(values)
        flat = laid.flatten(1)
        level = torch.quantile(flat, 1 - self.settings.share, dim=1, keepdim=True)
        return torch.where(flat > level, 0.0, NEVER).to(laid.dtype).view_as(laid)
