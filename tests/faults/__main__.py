"""The storm and all fuzzers, for as long as there is: ``make faults``.

``python -m tests.faults [SECONDS] [SEED]``. The storm has a process to itself; run folders, foreign
files, configs and calls of the compiled module share another, beside it.
"""

import os
import sys
from collections.abc import Callable

from tests.config import hostile
from tests.faults import folders, foreign, storm
from tests.kernels.hostile import fuzzing
from tests.trials import Report

FUZZERS: list[Callable[..., Report]] = [
    folders.fuzz, foreign.fuzz, hostile.fuzz, fuzzing.fuzz
]  # fmt: skip
#: Seeds between those of two seeds that are given: more than anybody tries.
_APART = 10**8


def fuzzed(seconds: float, seed: int) -> int:
    """Give each fuzzer its share of the time; return how much was found."""
    found = 0
    for fuzz in FUZZERS:
        report = fuzz(_APART, seed * _APART, seconds / len(FUZZERS))
        print(report, flush=True)
        found += len(report.found)
    return found


def main(seconds: float = 600.0, seed: int = 1) -> int:
    """Return 1 if anything was found, else 0."""
    fuzzers = os.fork()
    if not fuzzers:
        os._exit(min(1, fuzzed(seconds, seed)))
    found = storm.main(seconds, seed)
    _, status = os.waitpid(fuzzers, 0)
    return int(bool(found or status))


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(*(float(given[0]), *map(int, given[1:])) if given else ()))
