"""What a process gives to a network: threads, memory that is kept, a collector that looks away."""

import ctypes
import functools
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from snnrun.core.threads import threads

#: Below so many parameters, a second thread costs more than it gives.
SMALL = 10_000


@contextmanager
def threads_for(model: nn.Module, wanted: int | None = None) -> Iterator[None]:
    """Give torch and the kernels as many threads as are wanted, or as pay off for a network."""
    with threads(wanted or (1 if is_small(model) else torch.get_num_threads())):
        yield


def is_small(model: nn.Module) -> bool:
    """Tell whether a network is too small for a second thread, whatever else the machine does."""
    return sum(p.numel() for p in model.parameters()) < SMALL


@functools.cache
def keep_freed_memory() -> None:
    """Let glibc keep what is freed for the next batch, which will want the same.

    Else it gives long arrays back to the system, and each batch has their pages made and cleared
    again. Where variables of the environment say something of this, they hold.
    """
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if any(f"MALLOC_{of.upper()}_" in os.environ or f"malloc.{of}" in tunables for of in _OPTIONS):
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if set_option is None:  # not glibc
        return
    most = (1 << 30, 1 << 25)  # of older ones, half a heap
    if any(set_option(_OPTIONS["mmap_threshold"], size) for size in most):
        set_option(_OPTIONS["trim_threshold"], -1)  # never


#: Of mallopt, by the names that variables give them.
_OPTIONS = {"trim_threshold": -1, "top_pad": -2, "mmap_threshold": -3, "mmap_max": -4}


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
