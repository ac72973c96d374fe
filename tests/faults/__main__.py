"""The storm and all fuzzers, for as long as there is: ``make faults``.

``python -m tests.faults [SECONDS] [SEED]``. Half of the time belongs to the storm; run folders,
foreign files, configs and calls of the compiled module share the rest.
"""

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


def main(seconds: float = 600.0, seed: int = 1) -> int:
    """Return how much was found."""
    found = storm.main(seconds / 2, seed)
    for fuzz in FUZZERS:
        report = fuzz(_APART, seed * _APART, seconds / 2 / len(FUZZERS))
        print(report, flush=True)
        found += len(report.found)
    return found


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(min(1, main(*(float(given[0]), *map(int, given[1:])) if given else ())))
