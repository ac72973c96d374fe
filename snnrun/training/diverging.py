"""What a training does where its numbers go wrong; :mod:`snnrun.training.recovery` decides it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from snnrun.core.shell import typed
from snnrun.errors import DataError, DivergedError, DivergenceWarning
from snnrun.runs import checkpoint
from snnrun.runs.diverged import DIVERGED, Diverged
from snnrun.training.recovery import SKIPPED

if TYPE_CHECKING:
    from snnrun.training.loop import Training

#: The checkpoint that the first process read, in the others.
_ELSEWHERE: Any = None


def skip(training: "Training", error: DivergedError) -> None:
    """Note that an update was skipped.

    Raises:
        DivergedError: too many were in a row, or the weights went wrong before it.
    """
    training.keeping.check_finite()
    recovery = training.recovery
    if not recovery.skip():
        raise DivergedError(f"{error}, in {recovery.trouble.skipped} updates in a row,")
    _record(training, error)
    if not recovery.told:
        recovery.told = True
        warnings.warn(
            f"{error} in {training.at}, so this update is skipped, as others may be; the log "
            f"tells their share as {SKIPPED!r}",
            DivergenceWarning,
            stacklevel=2,
        )


def rewind(training: "Training", error: DivergedError) -> None:
    """Go back to a checkpoint and leave out the update that went wrong, and more if need be.

    Raises:
        DivergedError: the one that is given, if that is not asked for, or does not help.
    """
    recovery, run = training.recovery, training.keeping.run
    trouble = recovery.rewound() if recovery.kind == "rewind" else None
    if trouble is None or not training.world.from_first(run is not None):
        raise error
    _record(training, error)
    more = set(trouble.left_out) - set(recovery.trouble.left_out)
    place = recovery.place(min(more))
    training.write()
    saved = training.world.from_first(training.keeping.earlier(place) if run else _ELSEWHERE)
    number = "one update" if len(more) == 1 else f"{len(more)} updates"
    told = f"{error} in {training.at}; back to {saved.at}, to train on without {number}"
    warnings.warn(told, DivergenceWarning, stacklevel=2)
    progress = training.take(saved)
    recovery.trouble, training.pace = trouble, None
    training.journal.go_back(training.at, progress)
    training.journal.status("running", training.at, training.keeping.written)
    training.keeping.tidy(training.at)
    training.watchers.notify("rewound", training)


@contextmanager
def divergence_told(training: "Training") -> Iterator[None]:
    """Say where numbers went wrong, and what there is to do about it."""
    try:
        yield
    except DivergedError as error:
        with suppress(DataError):  # a disk that is full hides no other reason
            _record(training, error)
        run = training.keeping.run
        saved = ", ".join(map(str, checkpoint.saved(run.checkpoints))) if run else ""
        advice = "try a smaller learning rate"
        if training.recovery.kind == "stop":
            advice += " or train.on_nan: rewind"
        if run:
            advice += f", or look closer: snnrun replay {typed(run.path)}"
        raise DivergedError(
            f"{error} in {training.at}; {advice}. Seed: {training.experiment.seed}. "
            f"Saved: {saved or 'nothing'}"
        ) from error


def _record(training: "Training", error: DivergedError) -> None:
    """Write down what went wrong and where, for ``snnrun replay``."""
    if training.keeping.run is None:
        return
    record = Diverged(
        what=str(error),
        epoch=training.at.epoch,
        batch=training.at.batch,
        seed=training.experiment.seed,
        left_out=training.recovery.trouble.left_out,
        processes=training.world.size,
        config=training.config_text,
    )
    training.keeping.run.write_json(DIVERGED, record.model_dump(mode="json"), durable=False)
