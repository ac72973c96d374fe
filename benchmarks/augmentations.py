"""What changes of training images cost, ours and those of torchvision, beside no change at all.

Milliseconds for one image of 3x32x32 pixels, with default settings where there are; ``to_batch`` is
that time as a multiple of what torchvision takes for an image of a batch of 100 that it changes all
alike, unseeded. Medians of CPU seconds.

    python benchmarks/augmentations.py            # prints a table, writes results/augmentations.csv
    python benchmarks/augmentations.py --quick    # few rounds, writes nothing
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from table import machine, show, write

os.environ.setdefault("SNNRUN_DATA", "data")

from snnrun.core.random import Random
from snnrun.data.augmentations import AUGMENTATIONS
from snnrun.data.augmentations.transforms.change import Transform

IMAGES = 100
SAID = {"normalize": {"of": "cifar10"}}  # by everybody who names them


def seconds(run: Callable[[], object], rounds: int) -> float:
    """Median CPU seconds of a call, after one that does not count."""
    times = []
    for _ in range(rounds + 1):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return statistics.median(times[1:])


def measure(name: str, rounds: int) -> dict[str, object]:
    """One row: a change of images with its default settings."""
    entry = AUGMENTATIONS[name]
    change = entry.load()(entry.settings(**SAID.get(name, {})))
    images = torch.rand(IMAGES, 3, 32, 32)
    random = Random(0, "train", 0, 0, np.arange(IMAGES))
    ours = seconds(lambda: change(images, random), rounds) / IMAGES
    row: dict[str, object] = {"change": name, "ms": 1000 * ours}
    alike = isinstance(change, Transform) and change.change is not None
    row["to_batch"] = (
        ours / (seconds(lambda: change.change(images), rounds) / IMAGES) if alike else None
    )
    return row


def main() -> None:
    """Measure all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    rows = [{**measure(name, 2 if quick else 10), **machine()} for name in AUGMENTATIONS]
    for row in rows:
        show({key: row[key] for key in ("change", "ms", "to_batch")})
    if not quick:
        write("augmentations", rows)


if __name__ == "__main__":
    main()
