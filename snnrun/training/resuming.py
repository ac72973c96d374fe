"""What is settled before a run goes on: may it, until where, and what becomes of the rest."""

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from snnrun.config.tree import parse
from snnrun.config.wording import shown
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Position
from snnrun.runs.files import clear_leftovers, disk_errors, write_text
from snnrun.runs.folder import RunDir

#: Settings that may be edited before a run goes on: they change no weights and no numbers.
FREE = frozenset(
    f"train.{key}"
    for key in (
        "epochs", "savepoints", "device", "threads", "checkpoint_minutes", "time_limit_minutes",
        "live_plot", "tensorboard",
    )
)  # fmt: skip


def refuse_if_running(run: RunDir) -> None:
    """Raise DataError while another process on this machine trains the run."""
    status = run.status()
    process = status.get("process")
    here = status.get("state") == "running" and status.get("host") == socket.gethostname()
    if here and isinstance(process, int) and process != os.getpid() and _alive(process):
        raise DataError(f"{run.path} is being trained by process {process}")


def mend(run: RunDir) -> None:
    """Clear what a killed process left half written."""
    with disk_errors(str(run.path)):
        clear_leftovers(run.path)
        if run.checkpoints.is_dir():
            checkpoint.mend(run.checkpoints)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


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


def refuse_changes(run: RunDir, before: str | None, now: Experiment) -> None:
    """Raise ConfigError where the config was edited since the run began.

    Args:
        run: the run.
        before: the config that a checkpoint was trained with; None if it does not tell.
        now: the config to go on with.
    """
    if before is None:
        return
    then, since = (parse(text, lambda _: "", []).plain() for text in (before, now.dump_yaml()))
    problems = [
        f"{run.config}: {key}: is {shown(new)}, but the run began with {shown(old)}; "
        "put it back, or train anew"
        for key, old, new in _differences(then, since)
        if key not in FREE
    ]
    if problems:
        raise ConfigError(problems)


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield key, old and new value of what differs in two configs; keys of one only are left out.

    Example:
        >>> list(_differences({"a": [1, 2], "b": {"c": 3}}, {"a": [1, 4], "b": {"c": 3}}))
        [('a.1', 2, 4)]
    """
    if isinstance(old, dict) and isinstance(new, dict) and old.get("name") == new.get("name"):
        pairs: Iterable[Any] = ((key, old[key], new[key]) for key in old if key in new)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = zip(range(len(old)), old, new, strict=True)
    else:
        if old != new:
            yield path, old, new
        return
    for key, was, now in pairs:
        yield from _differences(was, now, f"{path}.{key}".lstrip("."))


def set_aside(run: RunDir, at: Position, metric_lines: int) -> None:
    """Move what was trained after ``at`` into ``superseded/``, so that nothing is lost.

    Numbers alone, without a later checkpoint or a test result, are only the tail of a run that
    died; they come again as they were.
    """
    later = [other for other in checkpoint.saved(run.checkpoints) if other > at]
    lines, history = run.metric_lines(), run.history_lines()  # all read before anything is moved
    if not later and not any('"test"' in line for line in lines[metric_lines:]):
        return
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
    folder = run.path / "superseded" / stamp
    with disk_errors(str(folder)):
        folder.mkdir(parents=True)
        write_text(folder / "metrics.jsonl", "".join(lines))
        if history:
            write_text(folder / "history.jsonl", "".join(history))
        for other in later:
            (run.checkpoints / other.name).rename(folder / other.name)
