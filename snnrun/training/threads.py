"""How many threads a training gets, and which objects Python's collector looks at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

#: Below so many parameters, a second thread costs more than it gives.
SMALL = 10_000


@contextmanager
def threads_for(model: nn.Module, wanted: int | None = None) -> Iterator[None]:
    """Give torch and the kernels as many threads as are wanted, or as pay off for a network."""
    before = torch.get_num_threads()
    small = sum(p.numel() for p in model.parameters()) < SMALL
    torch.set_num_threads(wanted or (1 if small else before))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def frozen_garbage_collector() -> Iterator[None]:
    """Let Python's collector look only at objects made from here on.

    Going over all that torch brought along costs a tenth of the time of a small network.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
