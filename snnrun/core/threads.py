"""How many threads torch, and the kernels with it, may use for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let torch use so many threads inside the block.

    Its products and sums share their work among them, so that another number gives other bits; and
    for small ones, several threads mostly wait for each other.

    Example:
        >>> with threads(1):
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
