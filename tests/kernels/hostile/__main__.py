"""Call the compiled module with what is right but for a few things.

    python -m tests.kernels.hostile EXAMPLES [SEED]

Each call has a seed, from SEED on (0): ``python -m tests.kernels.hostile 1 SEED`` repeats it.
"""

import sys
import time

from tests.kernels.hostile.fuzzing import fuzz


def main(examples: int, seed: int = 0) -> int:
    began = time.monotonic()
    counts, found = fuzz(examples, seed)
    for each in found:
        print(f"seed {each.seed}: {each.what}")
    print(
        f"{examples} calls, seeds {seed} to {seed + examples - 1}: {counts['worked']} worked, "
        f"{counts['refused']} were refused, {len(found)} were neither; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
