"""What is settled before a run goes on: may it, until where, and what becomes of the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from snnrun.core.position import Position
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment
from snnrun.runs import checkpoint
from snnrun.runs.files import disk_errors, remove_temporary_files, write_atomic
from snnrun.runs.folder import HISTORY, METRICS, RunDir, metric_of
from snnrun.runs.history import array_of
from snnrun.runs.lines import append_lines, whole_lines

#: Why a run ended before its last epoch.
SETTLED = "the validation has not become better for so long"


def repair(run: RunDir) -> None:
    """Clear what a killed process left half written."""
    folder = run.checkpoints
    with disk_errors(str(run.path)):
        if folder.is_dir():
            checkpoint.repair(folder)
            remove_temporary_files(folder)
        remove_temporary_files(run.path)


def extended(
    run: RunDir, reached: Position, savepoints: Sequence[int], epochs: int | None
) -> Experiment:
    """Return the run's experiment with a new end and further savepoints.

    Args:
        run: the run.
        reached: where it goes on from.
        savepoints: epochs to save; training ends at the last of them unless ``epochs`` says more.
        epochs: the epoch to end at.

    Raises:
        ConfigError: nothing is left to train, or a savepoint lies where none can be made.
    """
    experiment = run.experiment()
    end = epochs or max(savepoints, default=experiment.train.epochs)
    finished = run.status().get("state") == "finished" and end == reached.epoch
    if end < reached.epoch or finished:
        raise ConfigError(
            f"{run.path} stands at {reached} and cannot end at {end}. "
            f"Say where to end, for example --epochs {reached.epoch + 100}"
        )
    status, stopping = run.status(), experiment.train.early_stopping
    if stopping and status.get("reason") == SETTLED and status.get("epoch") == reached.epoch:
        raise ConfigError(
            f"{run.path} was ended early at {reached}, for the validation had settled; to train "
            f"on, put train.early_stopping: null, or more patience, into {run.config}"
        )
    late = [epoch for epoch in savepoints if epoch > end]
    if late:
        raise ConfigError(f"savepoint {late[0]} lies behind the last epoch, {end}")
    there = checkpoint.saved(run.checkpoints)
    passed = [e for e in savepoints if e <= reached.epoch and Position(e) not in there]
    if passed:
        raise ConfigError(f"savepoint {passed[0]} has passed: {run.path} stands at {reached}")
    kept = {epoch for epoch in experiment.train.savepoints if epoch <= end}
    update = {"epochs": end, "savepoints": tuple(sorted(kept | set(savepoints)))}
    return experiment.model_copy(update={"train": experiment.train.model_copy(update=update)})


def archive(run: RunDir, at: Position, metric_lines: int, history_lines: int) -> list[str]:
    """Move what was trained after ``at`` into ``superseded/``, so that nothing is lost.

    Numbers alone, without a later checkpoint or the test result of a run that finished, are only
    the tail of one that died; they come again as they were. Damaged lines are moved too; the sound
    ones stay.

    Returns:
        What there is to tell: which lines are damaged, and how many are missing.
    """
    later = [other for other in checkpoint.saved(run.checkpoints) if other > at]
    files = {METRICS: metric_lines, HISTORY: history_lines}
    every = {name: whole_lines(run.path / name) for name in files}  # all read before any is moved
    told, sound = [], {}
    for name, logged in files.items():
        sound[name], damaged = _sound(run, name, every[name])
        told += damaged
        if len(sound[name]) < logged:
            told.append(
                f"{run.path / name} holds {len(sound[name])} of the {logged} lines logged so far"
            )
    finished = run.status().get("state") == "finished"
    tested = finished and any('"test"' in line for line in every[METRICS][metric_lines:])
    if later or tested or sound != every:
        _move(run, later, every)
    for name, lines in sound.items():
        if lines != every[name]:
            write_atomic(run.path / name, partial(append_lines, lines=lines))
    return told


def _sound(run: RunDir, name: str, lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines that are not damaged, and what is wrong with the others."""
    check = metric_of if name == METRICS else array_of
    sound, wrong = [], []
    for number, line in enumerate(lines, start=1):
        try:
            check(line, f"{run.path / name}:{number}")
            sound.append(line)
        except DataError as error:
            wrong.append(f"{error}; it is left out")
    return sound, wrong


def _move(run: RunDir, later: Sequence[Position], every: Mapping[str, list[str]]) -> None:
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
    folder = run.path / "superseded" / stamp
    with disk_errors(str(folder)):
        folder.mkdir(parents=True)
        for name, lines in every.items():
            if lines:
                write_atomic(folder / name, partial(append_lines, lines=lines))
        for other in later:
            (run.checkpoints / other.name).rename(folder / other.name)
