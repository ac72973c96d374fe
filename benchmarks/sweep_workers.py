"""A sweep with one worker and with two: wall time, and what it takes beside the trainings.

Both do the same eight runs, each of some seconds, in turn, in folders of their own; the median
counts. `outside` is the share of a worker's time in which it does not train: imports, looking for
runs, tables and figures.

    python benchmarks/sweep_workers.py > sweep_workers.csv
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from snnrun.runs.folder import RunDir

ROUNDS = 3
CONFIG = Path(__file__).parent.parent / "configs" / "random_feedback_digits.yaml"
SWEEP = f"""
config: {CONFIG}
set: {{train.epochs: 150, train.threads: 1, train.live_plot: false, train.tensorboard: false}}
seeds: 4
grid: {{model.layers.0.size: [128, 256]}}
"""


def seconds(folder: Path, jobs: int) -> tuple[float, float]:
    """Return how long a sweep takes, and how long its trainings take together."""
    path = folder / "workers.yaml"
    path.write_text(SWEEP)
    command = [sys.executable, "-m", "snnrun", "sweep", path.name, "--results", ".", "-q"]
    start = time.perf_counter()
    subprocess.run(
        [*command, "--jobs", str(jobs)], cwd=folder, check=True, stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    wall = time.perf_counter() - start
    runs = [RunDir(path) for path in (folder / "workers").glob("run_*")]
    assert len(runs) == 8
    return wall, sum(run.status()["seconds"] for run in runs)


def main() -> None:
    """Print a table: workers, seconds, how many times as fast as one, share outside training."""
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _round in range(ROUNDS):
        for jobs, samples in found.items():
            with tempfile.TemporaryDirectory() as folder:
                samples.append(seconds(Path(folder), jobs))
    alone = statistics.median(wall for wall, _ in found[1])
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["workers", "seconds", "times_as_fast", "outside"])
    for jobs, samples in found.items():
        wall = statistics.median(each for each, _ in samples)
        outside = statistics.median(1 - trained / (jobs * each) for each, trained in samples)
        table.writerow([jobs, f"{wall:.1f}", f"{alone / wall:.2f}", f"{outside:.3f}"])


if __name__ == "__main__":
    main()
