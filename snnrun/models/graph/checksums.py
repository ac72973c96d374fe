"""What tells whether numbers are as they were, whoever wrote them, by reading them once.

The version of a tensor moves with all that torch does to it, but not with what is written through
its ``data``, or by numpy.
"""

import torch
from torch import Tensor

#: Words of 8 bytes that are summed together. A prime, so that few sums begin where a row does.
TOGETHER = 61


def checksum(values: Tensor) -> Tensor:
    """Return sums, int64, over the bytes of a contiguous tensor on the CPU, in their order.

    An exchange of numbers that stand close to each other may escape; of all else, whatever differs
    in a bit, only what sums to the same by chance.

    Example:
        >>> values = torch.ones(1000)
        >>> before = checksum(values)
        >>> values.data[7] += 1e-7
        >>> torch.equal(before, checksum(values))
        False
    """
    flat = values.detach().view(-1).view(torch.uint8)
    words = flat[: flat.numel() // 8 * 8].view(torch.int64)
    whole = words.numel() // TOGETHER * TOGETHER
    sums = words[:whole].view(-1, TOGETHER).sum(1)
    return torch.cat([sums, flat[whole * 8 :].long()])
