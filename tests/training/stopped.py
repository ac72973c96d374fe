"""Runs that are stopped after some batches, and what lies in their folders."""

from pathlib import Path

import pytest

from snnrun.errors import Interrupted
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests.tiny import experiment


class StopAfter(Watcher):
    """Asks training to stop after some batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left:
            training.stop.reason = "the test"


def stopped_run(folder, batches: int, *overrides: str) -> RunDir:
    config = experiment(folder, *overrides)
    training, run = Training(config, [StopAfter(batches)]), RunDir.create(folder, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted, match="stopped by the test; saved epoch"):
        training.start(run)
    return run


def files_of(run: RunDir) -> dict[Path, bytes]:
    """Every file of a run but the lock, which says who looked last."""
    found = [path for path in run.path.rglob("*") if path.is_file() and path.name != "lock"]
    return {path: path.read_bytes() for path in found}
