"""On what kernels are timed, and what it can do at most, measured as they are."""

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np
import torch

from snnrun.core.cores import usable_cores
from snnrun.kernels.native import native
from snnrun.runs.environment import processor, version

SIDE = 1024  # of the matrices whose product tells the arithmetic limit
PRODUCT_OPERATIONS = 2 * SIDE**3
TRIAD_BYTES = 3 * 4  # of an element: two are read, one is written, as STREAM counts
LEAST = 1024  # elements of a triad


def machine() -> dict[str, str]:
    """Return processor, cores to use, level of the kernels, versions, system, date."""
    compiled = native()
    return {
        "cpu": processor(),
        "cores": str(usable_cores()),
        "level": compiled.cpu_level() if compiled else "twins",
        "snnrun": version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def triad(size: float) -> tuple[Callable[[], object], int]:
    """Return a = b + s c in single precision by torch, and its bytes, about so many.

    Its arrays lie where those of a kernel lie that moves as much: in a cache, or in memory.
    """
    count = max(LEAST, int(size / TRIAD_BYTES))
    a, b, c = (torch.full((count,), number) for number in (0.0, 1.0, 2.0))
    return partial(torch.add, b, c, alpha=0.5, out=a), TRIAD_BYTES * count


def product() -> Callable[[], object]:
    """Return a large product of matrices in single precision by torch."""
    a, b = (torch.randn(SIDE, SIDE, generator=torch.Generator().manual_seed(k)) for k in (0, 1))
    return partial(torch.mm, a, b, out=torch.empty(SIDE, SIDE))
