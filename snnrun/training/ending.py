"""How a training ends, and what is told and kept of it then: :class:`snnrun.training.loop.Training`
runs within these contexts.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from snnrun.core.position import Position
from snnrun.core.shell import typed
from snnrun.core.world import ProcessLost
from snnrun.errors import DataError, Interrupted
from snnrun.training.memory import memory_told
from snnrun.training.resuming import SETTLED

if TYPE_CHECKING:
    from snnrun.training.loop import Training


class Stopped(Exception):
    """Training was asked to stop; ``Training.at`` says where it stands."""


@contextmanager
def status_kept(training: "Training") -> Iterator[None]:
    """Keep ``status.json`` true."""
    training.journal.start()
    try:
        training.write_status("running")
        yield
    except Interrupted as stopped:
        training.write_status("interrupted", stopped.reason)
        raise
    except BaseException as error:
        with suppress(DataError):  # a disk that is full hides no other reason
            training.write_status("failed", str(error) or type(error).__name__)
        raise
    else:
        early = training.at.epoch < training.settings.epochs
        training.write_status("finished", training.ended or (SETTLED if early else None))
    finally:
        training.watchers.notify("stopped", training)


@contextmanager
def saved_when_stopped(training: "Training") -> Iterator[None]:
    """Save where training is stopped from outside, and say how to go on."""
    try:
        yield
    except Stopped:
        training.stop.requested()  # what another process saw first may have reached this one too
        reason = training.stop.reason or "a signal to another process"
        raise _interrupted(training, reason, f"stopped by {reason}", training.stop.code) from None
    except ProcessLost as lost:
        training.update.undo()
        at = training.at
        if at.batch != training.batches:
            done = at.batch - at.batch % training.settings.accumulate
            training.at = Position(at.epoch, done)
        raise _interrupted(training, str(lost), str(lost), Interrupted.TERMINATED) from lost


@contextmanager
def best_written(training: "Training") -> Iterator[None]:
    """Write what was put off, however training ends."""
    try:
        yield
    finally:
        with suppress(DataError):  # a disk that is full hides no other reason
            training.write()


def _interrupted(training: "Training", reason: str, text: str, code: int) -> Interrupted:
    """Save, and return the error that says why training stops."""
    training.save()
    run = training.keeping.run
    if run is None:
        return Interrupted(text, code, reason)
    several = training.world.size > 1
    processes = f" --nproc {training.world.size}" if several else ""
    again = f"snnrun continue {typed(run.path)}{processes}"
    return Interrupted(f"{text}; saved {training.at}. Go on with: {again}", code, reason)


@contextmanager
def lack_of_memory_told(training: "Training") -> Iterator[None]:
    """Say where memory ran out; what was saved stays."""

    def where() -> str:
        split = training.evaluator.split
        return f"{f'the evaluation of {split}' if split else 'training'} ({training.at})"

    def key() -> str:
        return "train.eval_batch_size" if training.evaluator.split else "train.batch_size"

    with memory_told(training.learner.model, where, key):
        yield
