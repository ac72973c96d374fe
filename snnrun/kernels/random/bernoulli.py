"""Independent random spikes, one for each step and value."""

import torch
from torch import Tensor


def bernoulli(probability: Tensor, steps: int) -> Tensor:
    """Return spikes ``[time, ...]``: 1 with the given ``probability [...]``, else 0.

    The numbers come from torch's own generator, and only as many as there are chances: most of an
    image is background, which never spikes.
    """
    flat = probability.flatten()
    able = flat.nonzero().squeeze(1)
    chances = flat[able]
    drawn = torch.rand(steps, len(able), dtype=flat.dtype) < chances
    spikes = flat.new_zeros(steps, len(flat))
    return spikes.index_copy_(1, able, drawn.to(flat.dtype)).view(steps, *probability.shape)
