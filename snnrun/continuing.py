"""What is settled before a run goes on: may it, until where, and what becomes of the rest."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime

from snnrun import checkpoint
from snnrun.checkpoint import Position
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import Experiment
from snnrun.files import clear_leftovers, disk_errors, write_text
from snnrun.results import RunDir


def refuse_if_running(run: RunDir) -> None:
    """Raise DataError while another process on this machine trains the run."""
    status = run.status()
    running = status.get("state") == "running" and status["host"] == socket.gethostname()
    if running and status["process"] != os.getpid() and _alive(status["process"]):
        raise DataError(f"{run.path} is being trained by process {status['process']}")


def mend(run: RunDir) -> None:
    """Clear what a killed process left half written."""
    with disk_errors(str(run.path)):
        clear_leftovers(run.path)
        if run.checkpoints.is_dir():
            checkpoint.mend(run.checkpoints)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
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
        ConfigError: nothing is left to train.
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
    kept = {epoch for epoch in experiment.train.savepoints if epoch <= end}
    update = {"epochs": end, "savepoints": tuple(sorted(kept | set(savepoints)))}
    return experiment.model_copy(update={"train": experiment.train.model_copy(update=update)})


def set_aside(run: RunDir, at: Position, metric_lines: int) -> None:
    """Move what was trained after ``at`` into ``superseded/``, so that nothing is lost.

    Numbers alone, without a later checkpoint or a test result, are only the tail of a run that
    died; they come again as they were.
    """
    later = [other for other in checkpoint.saved(run.checkpoints) if other > at]
    lines = run.metric_lines()
    if not later and not any('"test"' in line for line in lines[metric_lines:]):
        return
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
    folder = run.path / "superseded" / stamp
    with disk_errors(str(folder)):
        folder.mkdir(parents=True)
        write_text(folder / "metrics.jsonl", "".join(lines))
        for other in later:
            (run.checkpoints / other.name).rename(folder / other.name)
