"""Run by several processes at once: train each config as a whole, and in two parts.

``python -m tests.training.cut_in_processes CONFIG BATCHES ...``: the first process writes into the
folders ``whole`` and ``part`` beside each config; the second asks to stop after so many batches.
"""

import sys
import tempfile
import warnings
from pathlib import Path

from snnrun.experiment import load_config
from snnrun.training.together import joined
from tests.training.in_processes import cut
from tests.training.small_sets import small_sets


def main(words: list[str]) -> None:
    warnings.simplefilter("ignore")  # networks as small as these may be silent
    with (
        tempfile.TemporaryDirectory() as folder,
        small_sets(Path(folder)),
        joined(timeout=120) as world,
    ):
        for config, batches in zip(words[::2], words[1::2], strict=True):
            print(config, file=sys.stderr)
            cut(Path(config).parent, load_config(config), world, int(batches))


if __name__ == "__main__":
    main(sys.argv[1:])
