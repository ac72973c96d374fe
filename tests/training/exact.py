"""A run that is cut within an epoch and goes on, beside one that is not: where they differ."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import snnrun
from snnrun.data import load_dataset
from snnrun.errors import Interrupted
from snnrun.experiment import Experiment
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests.training.stopped import StopAfter

BATCHES = 5  # of an epoch, about
#: What tells of the machine, or of the moment.
OF_NOW = ("lock", "environment.json", "summary.json", "meta.json")


def in_batches(experiment: Experiment, epochs: int = 2) -> Experiment:
    """Return the experiment with so many epochs, of some batches each."""
    samples = len(load_dataset(experiment.data).train)
    update = {"epochs": epochs, "batch_size": max(1, samples // BATCHES)}
    return experiment.model_copy(update={"train": experiment.train.model_copy(update=update)})


def cut_of(experiment: Experiment, draw: random.Random) -> int:
    """Return after how many batches to stop: within one of the epochs."""
    samples, train = len(load_dataset(experiment.data).train), experiment.train
    batches = -(-samples // train.batch_size)
    return draw.randrange(train.epochs) * batches + draw.randrange(1, batches)


def unbroken(experiment: Experiment, folder: Path) -> RunDir:
    run = _made(experiment, folder, "unbroken")
    Training(experiment).start(run)
    return run


def resumed(experiment: Experiment, folder: Path, batches: int) -> RunDir:
    run = _made(experiment, folder, "resumed")
    with pytest.raises(Interrupted, match="stopped by the test; saved epoch"):
        Training(experiment, [StopAfter(batches)]).start(run)
    assert "batch" in (run.checkpoints / "last").read_text()
    return snnrun.resume(run)


def _made(experiment: Experiment, folder: Path, name: str) -> RunDir:
    run = RunDir.create(folder, name)
    run.write_experiment(experiment)
    return run


def differences(one: RunDir, other: RunDir) -> list[str]:
    """Return what is not the same in two run folders, to the bit."""
    found, expected = (dict(_contents(run)) for run in (one, other))
    names = found.keys() | expected.keys()
    return sorted(name for name in names if found.get(name) != expected.get(name))


def _contents(run: RunDir) -> Iterator[tuple[str, Any]]:
    for path in run.path.rglob("*"):
        name = str(path.relative_to(run.path))
        if path.is_dir() or path.name in OF_NOW:
            continue
        if path.name == "metrics.jsonl":
            rows = map(json.loads, path.read_text().splitlines())
            yield name, [_without(row, "time", "crc") for row in rows]
        elif path.name in ("status.json", "state.json"):
            yield name, _without(json.loads(path.read_bytes()), *TIMES)
        else:
            yield name, path.read_bytes()


TIMES = ("seconds", "memory", "time", "process", "crc")


def _without(plain: dict[str, Any], *keys: str) -> str:
    return json.dumps({key: value for key, value in plain.items() if key not in keys})
