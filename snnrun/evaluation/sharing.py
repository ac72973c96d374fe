"""A run small enough to share, and all that it knows: config, weights of one epoch, every number
and array that it logged, versions and machine, and what the test split said.

The copy is a run folder, which every verb takes that does not train on: it holds no optimiser
state. It holds no samples either, and tells neither where files lay nor on whose machine
(:mod:`snnrun.runs.places`). The data set is looked at only where the run never tested that epoch;
where it is not here, the copy tells no test.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snnrun.core.position import Position
from snnrun.errors import NoDataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import Experiment, experiment_of
from snnrun.runs import checkpoint, summary
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.edits import SHARED, refuse_edits
from snnrun.runs.files import disk_errors, refuse_occupied, whole_folder
from snnrun.runs.folder import HISTORY, METRICS, Metric, RunDir
from snnrun.runs.lines import append_lines, checked_line
from snnrun.runs.places import without_places
from snnrun.training.learner import build_learner, load_data, training_values

#: What a status tells of the process and the machine that wrote it.
_OF_A_MACHINE = ("process", "host")


def share(run: RunDir, folder: Path, epoch: int | None = None) -> RunDir:
    """Copy the network of a saved epoch, and what the run knows; return the new run folder.

    Args:
        run: the run folder.
        folder: the folder to make, at once; nothing may lie in it.
        epoch: a saved epoch; None for the last one.

    Raises:
        ConfigError: the run's config was edited since it began.
        DataError: no such run or epoch; ``folder`` holds something, or cannot be written.
    """
    refuse_occupied(folder)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    experiment = run.experiment()
    refuse_edits(run.config, saved, experiment, SHARED)
    learner = build_learner(experiment)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    rows = _with_test(run, saved)
    with whole_folder(folder) as made:
        copy = RunDir(made)
        with disk_errors(str(folder)):
            copy.checkpoints.mkdir()
        at = Position(saved.at.epoch)
        checkpoint.save(copy.checkpoints, at, learner.state_dict())
        told = packed(experiment)
        copy.write_experiment(told)
        append_lines(made / METRICS, map(checked_line, rows))
        if history := run.history_lines():
            append_lines(made / HISTORY, history)
        if environment := run.read_json("environment.json"):
            copy.write_json("environment.json", without_places(environment))
        status = _status(run, experiment, at.epoch)
        copy.write_json("status.json", status)
        copy.write_json(summary.SUMMARY, _summary(told, status, rows, at.epoch))
    return RunDir(folder)


def packed(experiment: Experiment) -> Experiment:
    """Return an experiment without places of files on this machine, loggers and callbacks."""
    plain = without_places(experiment.model_dump())
    plain["train"] |= {"loggers": [], "callbacks": []}
    return experiment_of(plain, "config.yaml")


def _with_test(run: RunDir, saved: Checkpoint) -> list[Metric]:
    """Return what was logged, and what the test split says of the epoch if it was not tested."""
    rows, epoch = run.logged(), saved.at.epoch
    tested = any((row["epoch"], row["split"]) == (epoch, "test") for row in rows)
    if tested and not saved.at.batch:
        return rows
    try:
        found = evaluate_run(run, saved, "test", measures=())
    except NoDataError as error:
        print(
            f"{error}\nepoch {epoch} was never tested, so the copy tells no test", file=sys.stderr
        )
        return rows
    kept = [row for row in rows if (row["epoch"], row["split"]) != (epoch, "test")]
    before = [row for row in kept if row["epoch"] <= epoch]
    step, time = (before[-1]["step"], before[-1]["time"]) if before else (0, 0.0)
    tests = [
        Metric(step=step, epoch=epoch, split="test", name=name, value=value, time=time)
        for name, value in found.facts["statistics"].items()
    ]
    return [*before, *tests, *(row for row in kept if row["epoch"] > epoch)]


def _status(run: RunDir, experiment: Experiment, epoch: int) -> dict[str, Any]:
    """Return how the run stood; one that came to its end, or tells nothing, is shared."""
    status = {key: each for key, each in run.status().items() if key not in _OF_A_MACHINE}
    state = status.get("state", "finished")
    ended = {"finished": "shared", "running": "interrupted"}.get(state, state)
    known = {"epochs": experiment.train.epochs, **status, "state": ended, "epoch": epoch}
    told: dict[str, Any] = without_places({**known, "batch": 0})
    return told


def _summary(
    told: Experiment, status: dict[str, Any], rows: list[Metric], epoch: int
) -> dict[str, Any]:
    """Return the summary of the copy: the numbers of its epoch, and all tests."""
    kept = summary.Summary(summary.described(told))
    for at, split in _in_order(rows):
        if split == "test" or at == epoch:
            kept.note(at, split, {row["name"]: row["value"] for row in rows
                                  if (row["epoch"], row["split"]) == (at, split)})  # fmt: skip
    return kept.content(status)


def _in_order(rows: list[Metric]) -> Iterator[tuple[int, str]]:
    yield from dict.fromkeys((row["epoch"], row["split"]) for row in rows)
