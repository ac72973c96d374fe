"""Runs of many epochs: whether memory, open files, the run folder and the time of an epoch stay.

A network of each model trains on twenty samples by ``snnrun train``, with all that it writes; its
process and its folder are looked at from outside while it does. What is logged of each epoch grows
with the epochs and has a column of its own.

    python benchmarks/long_runs.py [EPOCHS] [config ...]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from table import show

CONFIGS = Path(__file__).parent.parent / "configs"
LOGS = {"metrics.jsonl", "history.jsonl"}
SMALL = {
    "first_spike_digits": (), "first_spike_yin_yang": (), "sbs_digits": ("model.spikes=20",),
    "stbp_digits": (), "random_feedback_digits": (), "eligibility_digits": (),
    "diehl_cook_digits": ("encoder.steps=25",), "reward_xor": ("encoder.steps=25",),
    "reward_cartpole": ("data.episodes={train: 1, validation: 1, test: 1}", "encoder.steps=2"),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """A run as it stands: seconds of CPU, bytes of memory, open files, bytes on disk."""

    epoch: int
    seconds: float
    memory: int
    handles: int
    folder: int
    logs: int


def data_of(config: str, folder: Path) -> str:
    """Return the override that lets a config train on few samples; none for those that have few."""
    if "yin_yang" in config:
        return "data.sizes={train: 20, validation: 20, test: 20}"
    if "digits" not in config:
        return ""
    images, classes = load_digits(return_X_y=True)
    np.save(folder / "x.npy", images[:20].reshape(20, 1, 8, 8) / 16)
    np.save(folder / "y.npy", classes[:20])
    pair = f"{{values: {folder}/x.npy, targets: {folder}/y.npy}}"
    return f"data={{name: arrays, train: {pair}, validation: {pair}, test: {pair}}}"


def look(process: int, run: Path) -> Look:
    """Look at a training."""
    epoch = json.loads((run / "status.json").read_text())["epoch"]
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    handles = len(os.listdir(f"/proc/{process}/fd"))
    sizes = {path: path.stat().st_size for path in run.rglob("*") if path.is_file()}
    logs = sum(size for path, size in sizes.items() if path.name in LOGS)
    memory = pages * os.sysconf("SC_PAGE_SIZE")
    if not memory:
        raise ValueError("it has ended")
    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return Look(epoch, seconds, memory, handles, sum(sizes.values()) - logs, logs)


def watched(config: str, epochs: int, folder: Path) -> list[Look]:
    """Train, and return what was seen meanwhile."""
    command = [
        sys.executable, "-m", "snnrun", "train", str(CONFIGS / f"{config}.yaml"), "-q",
        "--results", str(folder / "results"), f"train.epochs={epochs}", "train.savepoints=[]",
        "train.tensorboard=false", "train.checkpoint_minutes=0.05", *SMALL[config],
    ]  # fmt: skip
    few = data_of(config, folder)
    training = subprocess.Popen([*command, few] if few else command)
    seen: list[Look] = []
    while training.poll() is None:
        time.sleep(0.5)
        try:
            (run,) = (folder / "results").glob("[!.]*")
            seen.append(look(training.pid, run))
        except (OSError, ValueError, KeyError):
            continue  # it has not begun, ends just now, or replaces a file
    if training.returncode:
        raise SystemExit(f"{config}: ended with {training.returncode}")
    return seen


def pace(begin: Look, end: Look) -> float:
    """Return the milliseconds of CPU of an epoch between two looks."""
    return 1e3 * (end.seconds - begin.seconds) / max(end.epoch - begin.epoch, 1)


def main(epochs: int, configs: list[str]) -> None:
    """Print a line for each config: a tenth of the epochs, and the end."""
    for config in configs:
        with tempfile.TemporaryDirectory() as folder:
            seen = watched(config, epochs, Path(folder))
        early = next((each for each in seen if each.epoch >= epochs / 10), seen[-1])
        half = next((each for each in seen if each.epoch >= epochs / 2), seen[-1])
        last = seen[-1]
        show({
            "config": config, "epochs": f"{early.epoch} -> {last.epoch}",
            "memory_mib": f"{early.memory >> 20} -> {last.memory >> 20}",
            "most_mib": f"{max(each.memory for each in seen) >> 20}",
            "handles": f"{early.handles} -> {last.handles}",
            "folder_kib": f"{early.folder >> 10} -> {last.folder >> 10}",
            "logs_b_per_epoch": f"{last.logs / max(last.epoch, 1):.0f}",
            "cpu_ms_per_epoch": f"{pace(early, half):.1f} -> {pace(half, last):.1f}",
        })  # fmt: skip


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 10_000, given[1:] or list(SMALL))
