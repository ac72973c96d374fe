"""CPU time (user + system) of `snnrun runs` over many run folders, and of commands that do nothing.

Folders are made of CONFIG with other seeds and learning rates, as a training leaves them, but for
what the table does not read. Every command runs in fresh processes, in turn; the median counts.
``earlier`` is a folder of runs whose summaries hold no settings, so that each config is read.

    python benchmarks/runs_table.py [RUNS] > runs_table.csv
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from snnrun.experiment import load_config
from snnrun.runs import json_files
from snnrun.runs.summary import SUMMARY, described

ROUNDS = 7
MODULE = [sys.executable, "-m", "snnrun"]
CONFIG = Path("configs/first_spike_mnist.yaml")
RUNNING = {
    "state": "finished", "epoch": 30, "epochs": 30, "seconds": 612.5,
    "time": "2026-01-02T03:04:05+00:00", "best": {"epoch": 27, "accuracy": 0.97, "loss": 0.1},
    "last": {split: {"accuracy": 0.97, "loss": 0.1} for split in ("train", "validation")},
    "test": {str(epoch): {"accuracy": 0.97, "loss": 0.1} for epoch in (0, 27, 30)},
}  # fmt: skip


def make(folder: Path, runs: int, settings: bool) -> None:
    experiments = [
        load_config(CONFIG, [f"seed={seed}", f"train.optimizer.lr={rate}"])
        for seed in range(5)
        for rate in (1e-3, 3e-3)
    ]
    for number in range(runs):
        experiment, path = experiments[number % 10], folder / f"run_{number:04d}"
        path.mkdir()
        (path / "config.yaml").write_text(experiment.dump_yaml())
        fixed = described(experiment)
        kept = {key: value for key, value in fixed.items() if settings or key != "settings"}
        (path / SUMMARY).write_text(json_files.to_text(kept | RUNNING))


def seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a table: command, seconds of CPU, ratio to the first command."""
    runs = int(sys.argv[1]) if sys.argv[1:] else 1000
    root = Path(tempfile.mkdtemp())
    try:
        for name, settings in (("now", True), ("earlier", False)):
            (root / name).mkdir()
            make(root / name, runs, settings)
        (root / "empty").mkdir()
        now = str(root / "now")
        commands = {
            "--version": ["--version"],
            "runs of an empty folder": ["runs", str(root / "empty")],
            "runs": ["runs", now],
            "runs --where --sort": [
                "runs",
                now,
                "--where",
                "optimizer.lr=1e-3",
                "--sort",
                "-test,seed",
            ],
            "runs --format csv": ["runs", now, "--format", "csv"],
            "runs of earlier versions": ["runs", str(root / "earlier")],
        }
        told = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, arguments in commands.items():
                told[name].append(seconds([*MODULE, *arguments]))
    finally:
        shutil.rmtree(root)
    medians = {name: statistics.median(every) for name, every in told.items()}
    print("command,runs,cpu_s,ratio")
    for name, median in medians.items():
        print(f"{name},{runs},{median:.2f},{median / medians['--version']:.1f}")


if __name__ == "__main__":
    main()
