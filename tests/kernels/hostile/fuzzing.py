"""What becomes of calls that are right but for a few things: worked, refused, or found wanting.

Each call works, or raises a TypeError, ValueError or MemoryError that says something.
"""

import math
import os
import re
from functools import partial
from random import Random
from typing import Any

from snnrun.kernels.native import native
from tests.kernels.hostile.calls import CALLS
from tests.kernels.hostile.graphs import REFUSED
from tests.kernels.hostile.spoiling import spoiled
from tests.trials import Limits, Report, tried

SANITIZED = "san" in os.environ.get("LD_PRELOAD", "")
PATIENCE = 120 if SANITIZED else 10  # seconds, of a call

#: Words about C++, which mean nothing to the caller.
CLUMSY = re.compile(r"std::|vector|Unable to cast|basic_string|arr\.size")


def one(module: Any, seed: int) -> str:
    """Try the call of a seed; return "worked" or "refused", and raise what is neither."""
    random = Random(seed)
    name = list(CALLS)[seed % len(CALLS)]
    function, right = CALLS[name](module, random)
    try:
        function(**spoiled(random, right))
    except REFUSED as error:
        if (not str(error) and not isinstance(error, MemoryError)) or CLUMSY.search(str(error)):
            raise RuntimeError(f"{name}: it was refused with {error!r}") from error
        return "refused"
    return "worked"


def fuzz(examples: int, first: int = 0, seconds: float = math.inf) -> Report:
    """Try the calls of seeds from `first` on."""
    limits = Limits(PATIENCE, PATIENCE)
    return tried(partial(one, native()), "calls", examples, first, limits, seconds)
