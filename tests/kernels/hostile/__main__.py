"""Call the compiled module with what is right but for a few things.

    python -m tests.kernels.hostile EXAMPLES [SEED]

Each call has a seed, from SEED on (0): ``python -m tests.kernels.hostile 1 SEED`` repeats it.
"""

import sys

from tests.kernels.hostile.fuzzing import fuzz
from tests.trials import main

if __name__ == "__main__":
    sys.exit(main(fuzz, sys.argv[1:]))
