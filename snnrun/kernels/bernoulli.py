"""Independent random spikes, one for each step and value."""

import torch
from torch import Tensor


def bernoulli(probability: Tensor, steps: int) -> Tensor:
    """Return spikes ``[time, ...]``: 1 with the given ``probability [...]``, else 0.

    The numbers come from torch's own generator.
    """
    drawn = torch.rand(steps, *probability.shape, dtype=probability.dtype)
    return (drawn < probability).to(probability.dtype)
