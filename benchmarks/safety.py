"""What it costs that a run cannot be lost: CPU time of trainings, with and without the protection.

Protection is what nobody would miss in a training that meets no fault: flushing what is written,
checkpoints before the last one, the lock of the run folder and its heartbeat, checks that weights
are finite, that values of Spike-By-Spike layers are numbers, that layers are not silent, checksums
of lines. Without it the same weights are trained, which is looked at. Both sides take turns.

    python benchmarks/safety.py [ROUNDS] [config ...]
"""

import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

from table import show

import snnrun
from snnrun.kernels.sbs import layer as sbs_layer
from snnrun.learning.activity import ActivityLog
from snnrun.runs import checkpoint, lines, lock
from snnrun.training import keeping
from snnrun.training.keeping import Keeping

CONFIGS = Path(__file__).parent.parent / "configs"
NAMES = ("first_spike_digits", "sbs_digits", "stbp_digits", "random_feedback_digits",
         "eligibility_digits", "diehl_cook_digits")  # fmt: skip
EPOCHS = 40


@contextmanager
def protected() -> Iterator[None]:
    """Leave all as it is."""
    yield


@contextmanager
def unprotected() -> Iterator[None]:
    """Leave out what protects a run."""
    nothing = [
        (Keeping, "check_finite"), (ActivityLog, "note"), (ActivityLog, "warn"),
        (sbs_layer, "check"), (checkpoint, "check_types"),
    ]  # fmt: skip
    with ExitStack() as left_out:
        left_out.enter_context(patch.object(os, "fsync", os.fstat))
        left_out.enter_context(patch.object(keeping, "SHARE", 0.0))
        left_out.enter_context(patch.object(lines, "_sum", lambda text: "00000000"))
        left_out.enter_context(patch.object(lock, "owned", lambda *_, **__: nullcontext()))
        for place, name in nothing:
            left_out.enter_context(patch.object(place, name, lambda *_, **__: None))
        yield


SIDES = {"protected": protected, "unprotected": unprotected}


def trained(name: str, side: str, folder: Path) -> tuple[float, float, bytes]:
    """Train; return seconds of CPU and of the clock for an epoch, and the weights."""
    chosen = [f"train.epochs={EPOCHS}", "train.live_plot=false", "train.tensorboard=false"]
    with SIDES[side](), tempfile.TemporaryDirectory(dir=folder) as results:
        cpu, clock = time.process_time(), time.perf_counter()
        run = snnrun.train(CONFIGS / f"{name}.yaml", chosen, results=results)
        spent = time.process_time() - cpu, time.perf_counter() - clock
        weights = run.checkpoints / f"epoch_{EPOCHS:04d}" / "weights.safetensors"
        return spent[0] / EPOCHS, spent[1] / EPOCHS, weights.read_bytes()


def main(rounds: int, names: Sequence[str]) -> None:
    """Print a line for each config."""
    warnings.simplefilter("ignore")
    for name in names:
        cpu: dict[str, list[float]] = {side: [] for side in SIDES}
        clock: dict[str, list[float]] = {side: [] for side in SIDES}
        weights = set[bytes]()
        with tempfile.TemporaryDirectory() as folder:
            trained(name, "protected", Path(folder))
            for _ in range(rounds):
                for side in SIDES:
                    seconds, passed, left = trained(name, side, Path(folder))
                    cpu[side].append(seconds)
                    clock[side].append(passed)
                    weights.add(left)
        assert len(weights) == 1, f"{name}: the sides did not train the same"
        ours, bare = (statistics.median(each) for each in cpu.values())
        waited, passed = (statistics.median(each) for each in clock.values())
        show({"config": name, "cpu_s_per_epoch": ours, "cpu_ratio": ours / bare,
              "clock_s_per_epoch": waited, "clock_ratio": waited / passed})  # fmt: skip


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 9, given[1:] or NAMES)
