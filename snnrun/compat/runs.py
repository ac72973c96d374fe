"""Run folders made from results of other programs.

Every saved epoch becomes a checkpoint that can be evaluated and continued. ``source.json`` names
what was imported, with the SHA-256 of every file; the same files are found again instead of being
imported twice. It also keeps the SHA-256 of the weights of each epoch, which tells theirs from what
was trained here later.
"""

import hashlib
import logging
import math
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.experiment import Experiment
from snnrun.runs import checkpoint, environment
from snnrun.runs.folder import Metric, RunDir
from snnrun.runs.progress import Best, Progress
from snnrun.runs.weights import weights_digest
from snnrun.runs.whole import read_numbers
from snnrun.training import optimizer_state
from snnrun.training.learner import Learner
from snnrun.training.stepping import Stepping

Array = NDArray[np.floating[Any]]
_log = logging.getLogger("snnrun.compat")


@dataclass(frozen=True)
class Source:
    """A result folder: the format of its files, and the SHA-256 of those that an import reads."""

    format: str
    path: Path
    digests: dict[str, str]


@dataclass
class Restored:
    """A network as it was saved, and all that its training needs to go on.

    stepping: optimiser and schedules; None where nothing learns.
    """

    learner: Learner
    stepping: Stepping | None
    note: str | None


def digests(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files, by their paths from ``root``.

    Raises:
        DataError: one cannot be read.
    """
    try:
        return _digests(root, files)
    except OSError as error:
        name = error.filename or root
        raise DataError(f"cannot read {name}: {error.strerror or error}") from error


def _digests(root: Path, files: Iterable[Path]) -> dict[str, str]:
    return {
        os.path.relpath(file, root): hashlib.sha256(read_numbers(file)).hexdigest()
        for file in sorted(files)
    }


def opened(
    source: Source, results: Path, epoch: int | None, as_saved: bool, make: Callable[[], RunDir]
) -> tuple[RunDir, int | None]:
    """Return the run folder of a result folder, made if need be, and the epoch that is meant.

    Args:
        source: the result folder.
        results: the folder that holds our run folders.
        epoch: the wanted epoch; None for the last one.
        as_saved: the last one is theirs, not what was trained from it here.
        make: imports the result folder.
    """
    known = [run for run in _imports(source, results) if _keeps(run, epoch, as_saved)]
    reached = [run for run in known if epoch is None or Position(epoch) in _saved(run)]
    run = next(iter([*reached, *known]), None) or make()
    if epoch is None and as_saved:
        last = max(_weights(run), default=None)
        if last is not None and _saved(run)[-1:] != [Position(last)]:
            return run, last
    return run, epoch


def _imports(source: Source, results: Path) -> list[RunDir]:
    """Return the imports of the same files among the run folders in ``results``, latest first."""
    runs = [RunDir(entry.parent) for entry in sorted(results.glob("*/source.json"), reverse=True)]
    return [run for run in runs if run.read_json("source.json").get("sha256") == source.digests]


def _keeps(run: RunDir, epoch: int | None, as_saved: bool) -> bool:
    """Tell whether the epoch, if it is one of theirs, is still as it came."""
    weights = _weights(run)
    wanted = max(weights, default=None) if epoch is None and as_saved else epoch
    if wanted is None or wanted not in weights:
        return True
    return _digest(run, wanted) == weights[wanted]


def _digest(run: RunDir, epoch: int) -> str | None:
    """Return the SHA-256 of the weights of a saved epoch; None where there is none."""
    saved = run.checkpoints / Position(epoch).name
    return weights_digest(saved) if saved.is_dir() else None


def _saved(run: RunDir) -> list[Position]:
    return checkpoint.saved(run.checkpoints)


def _weights(run: RunDir) -> dict[int, str]:
    """Return the SHA-256 of the weights of each imported epoch."""
    kept = run.read_json("source.json").get("weights", {})
    return {int(epoch): digest for epoch, digest in kept.items()}


def write(
    source: Source,
    experiment: Experiment,
    restored: Mapping[int, Restored],
    rows: Sequence[Metric],
    notes: Sequence[str],
    results: Path,
    history: Mapping[str, Array] = MappingProxyType({}),
) -> RunDir:
    """Make the run folder; ``source.json`` comes last, so that half an import is no import.

    Args:
        source: what is imported.
        experiment: what the networks were made from.
        restored: the saved networks, by epoch.
        rows: what was logged, in the order in which our training would have logged it.
        notes: what is worth knowing of the import.
        results: the folder that holds our run folders.
        history: arrays of every epoch up to the last, ``[epochs + 1, ...]``, by name.
    """
    run = RunDir.create(results, source.path.name)
    run.write_experiment(experiment)
    run.write_json("environment.json", environment.describe(sys.argv, experiment))
    run.append_metrics(list(rows))
    for epoch in range(min(max(restored) + 1, max(map(len, history.values()), default=0))):
        run.append_history(epoch, {name: values[epoch] for name, values in history.items()})
    best = _save_checkpoints(run, experiment, restored, rows, len(history))
    run.write_json("status.json", _status(source, experiment, max(restored), best))
    told = [*notes, *(f"epoch {e}: {each.note}" for e, each in restored.items() if each.note)]
    weights = {epoch: _digest(run, epoch) for epoch in restored}
    content = {
        "format": source.format,
        "folder": str(source.path),
        "notes": told,
        "sha256": source.digests,
        "weights": weights,
    }
    run.write_json("source.json", content)
    for note in (f"imported {source.path} as {run.path}", *told):
        _log.warning(note)
    return run


def _save_checkpoints(
    run: RunDir,
    experiment: Experiment,
    restored: Mapping[int, Restored],
    rows: Sequence[Metric],
    kept: int,
) -> dict[str, float]:
    """Save every epoch, of each of which ``kept`` arrays were kept, and return the best one."""
    best: dict[str, float] = {"epoch": min(restored), "accuracy": -1.0, "loss": math.inf}
    for epoch, each in restored.items():
        best = max(best, _judged(rows, epoch), key=_merit)
        names = optimizer_state.names_of(each.learner)
        optimizer = each.stepping.optimizer if each.stepping else None
        progress = Progress(
            optimizer=optimizer_state.groups_of(optimizer, names) if optimizer else (),
            schedules=each.stepping.schedules.state() if each.stepping else {},
            means={},
            best=Best.of(best),
            kept=tuple(other for other in restored if other <= epoch),
            metric_lines=sum(row["epoch"] <= epoch for row in rows),
            history_lines=kept * (epoch + 1),
            seconds=0.0,
            config=experiment.dump_yaml(),
        )
        tensors = optimizer_state.tensors_of(optimizer, names) if optimizer else {}
        checkpoint.save(
            run.checkpoints, Position(epoch), each.learner.state_dict(), tensors, progress
        )
    checkpoint.point(run.checkpoints, Position(max(restored)), Position(int(best["epoch"])))
    return best


def _judged(rows: Sequence[Metric], epoch: int) -> dict[str, float]:
    """Return what the validation said of an epoch; the worst where it says nothing."""
    mine = [row for row in rows if row["epoch"] == epoch and row["split"] == "validation"]
    values = {row["name"]: row["value"] for row in mine}
    return {"epoch": epoch, "accuracy": -1.0, "loss": math.inf} | values


def _merit(judged: dict[str, float]) -> tuple[float, float]:
    return judged["accuracy"], -judged["loss"]


def _status(
    source: Source, experiment: Experiment, last: int, best: dict[str, float]
) -> dict[str, Any]:
    finished = last == experiment.train.epochs
    return {
        "state": "finished" if finished else "interrupted",
        "reason": None if finished else f"imported from {source.path}",
        "epoch": last,
        "batch": 0,
        "epochs": experiment.train.epochs,
        "best": best,
        "seconds": 0.0,
        "process": os.getpid(),
        "host": socket.gethostname(),
    }
