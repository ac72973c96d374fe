"""Make one of our run folders from a result folder of fastAndDeep or DelGrad.

Every saved epoch becomes a checkpoint that can be evaluated and continued: weights and delays,
optimiser, learning rate. ``source.json`` names what was imported, with the SHA-256 of every file;
an import of the same files is found again instead of being made twice.
"""

import logging
import math
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnrun import checkpoint, environment
from snnrun.assembly import Network, load_data
from snnrun.checkpoint import Position
from snnrun.compat.fastanddeep.curves import metrics
from snnrun.compat.fastanddeep.folders import ResultDir, find
from snnrun.compat.fastanddeep.restoring import Restored, rates, restore
from snnrun.experiment import Experiment, load_config
from snnrun.results import Metric, RunDir

_log = logging.getLogger("snnrun.compat")
_RANDOM = (
    "random states of numpy and torch are not taken over: the order of samples and all noise "
    "follow from seed and epoch here"
)


def import_run(path: Path, results: Path) -> tuple[RunDir, int | None]:
    """Return a run folder for a result folder, and the epoch that ``path`` names, if it does.

    Args:
        path: their result folder, or an ``epoch_<n>`` folder in one.
        results: the folder that holds our run folders.

    Raises:
        DataError: a file is missing, damaged, or holds what is not expected.
        ConfigError: their config cannot be translated.
    """
    source, epoch = find(path)
    digests = source.digests()
    return _known(results, digests) or _import(source, digests, results), epoch


def _known(results: Path, digests: dict[str, str]) -> RunDir | None:
    """Return the import of the same files, if there is one."""
    for entry in sorted(results.glob("*/source.json")):
        run = RunDir(entry.parent)
        if run.read_json(entry.name).get("sha256") == digests:
            return run
    return None


def _import(source: ResultDir, digests: dict[str, str], results: Path) -> RunDir:
    """Make the run folder; ``source.json`` comes last, so that half an import is no import."""
    experiment = _experiment(source)
    restored = {e: restore(experiment, saved, e) for e, saved in source.epochs.items()}
    rows = _metrics(source, experiment, restored[source.last].network)
    run = RunDir.create(results, source.path.name)
    experiment.save(run.config)
    run.write_json("environment.json", environment.describe(sys.argv))
    run.append_metrics(rows)
    best = _save_checkpoints(run, restored, rows)
    run.write_json("status.json", _status(source, experiment, best))
    notes = [_RANDOM, *(f"epoch {e}: {each.note}" for e, each in restored.items() if each.note)]
    content = {"format": "fastanddeep", "folder": str(source.path), "notes": notes}
    run.write_json("source.json", {**content, "sha256": digests})
    for note in (f"imported {source.path} as {run.path}", *notes):
        _log.warning(note)
    return run


def _experiment(source: ResultDir) -> Experiment:
    """Return their experiment, with all epochs that were saved as savepoints."""
    experiment = load_config(source.config)
    train = experiment.train
    points = sorted({*train.savepoints, *source.epochs} - {0})
    update = {"epochs": max(train.epochs, *points), "savepoints": tuple(points)}
    return experiment.model_copy(update={"train": train.model_copy(update=update)})


def _metrics(source: ResultDir, experiment: Experiment, network: Network) -> list[Metric]:
    last = source.epochs[source.last]
    labels = last.array("train_labels.npy")
    samples = len(load_data(experiment).train if labels is None else labels)
    batches = math.ceil(samples / experiment.train.batch_size)
    return metrics(last, rates(experiment, network, source.last), batches)


def _save_checkpoints(
    run: RunDir, restored: dict[int, Restored], rows: list[Metric]
) -> dict[str, float]:
    """Save every epoch and return the best one."""
    best: dict[str, float] = {"epoch": min(restored), "accuracy": -1.0, "loss": math.inf}
    for epoch, each in restored.items():
        best = max(best, _judged(rows, epoch), key=_merit)
        state = {
            "optimizer": each.optimizer,
            "scheduler": each.scheduler,
            "rule": each.network.rule.state_dict(),
            "means": {},
            "best": best,
            "kept": [other for other in restored if other <= epoch],
            "metric_lines": sum(row["epoch"] <= epoch for row in rows),
            "seconds": 0.0,
        }
        checkpoint.save(run.checkpoints, Position(epoch), each.network.model, state)
    checkpoint.point(run.checkpoints, "last", Position(max(restored)))
    checkpoint.point(run.checkpoints, "best", Position(int(best["epoch"])))
    return best


def _judged(rows: Sequence[Metric], epoch: int) -> dict[str, float]:
    """Return what the validation said of an epoch; the worst where it says nothing."""
    mine = [row for row in rows if row["epoch"] == epoch and row["split"] == "validation"]
    values = {row["name"]: row["value"] for row in mine}
    return {"epoch": epoch, "accuracy": -1.0, "loss": math.inf} | values


def _merit(judged: dict[str, float]) -> tuple[float, float]:
    return judged["accuracy"], -judged["loss"]


def _status(source: ResultDir, experiment: Experiment, best: dict[str, float]) -> dict[str, Any]:
    finished = source.last == experiment.train.epochs
    return {
        "state": "finished" if finished else "interrupted",
        "reason": None if finished else f"imported from {source.path}",
        "epoch": source.last,
        "batch": 0,
        "epochs": experiment.train.epochs,
        "best": best,
        "seconds": 0.0,
        "process": os.getpid(),
        "host": socket.gethostname(),
    }
