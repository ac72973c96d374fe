"""Run by several processes at once: train each config as a whole, and in two parts.

``python -m tests.training.cut_in_processes CONFIG BATCHES ...``: the first process writes into the
folders ``whole`` and ``part`` beside each config; the second asks to stop after so many batches.
"""

import sys
from pathlib import Path

from snnrun.core.world import join
from snnrun.experiment import load_config
from tests.training.in_processes import cut


def main(words: list[str]) -> None:
    world = join(timeout=60)
    for config, batches in zip(words[::2], words[1::2], strict=True):
        print(config, file=sys.stderr)
        cut(Path(config).parent, load_config(config), world, int(batches))
    world.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
