"""A run that ends the workers that train it is left alone after some of them, and told.

A process that the system ends, most often for lack of memory, has no time to say so. So a worker
counts itself as lost before it trains a run, and takes that back where it leaves the run by itself.
A newer checkpoint shows that the run comes on, however often its workers are ended: those that were
lost before it no longer count. The count is kept in the study, where all machines see it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from snnrun.errors import DataError, OutOfMemoryError
from snnrun.runs.checkpoint import saved
from snnrun.runs.folder import Metric, RunDir
from snnrun.studies.claims import LOST, REASON, Claim
from snnrun.studies.trials import Trials
from snnrun.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from snnrun.training.loop import Training

#: Workers that a run may end, one after another, without a newer checkpoint.
MOST = 3


@contextmanager
def counted(claim: Claim, trials: Trials) -> Iterator[None]:
    """Count this worker as lost while it trains a run in the block.

    It no longer is once the study was told that the run is done, or an error leaves the block.

    Raises:
        OutOfMemoryError: the run has ended too many workers; it is marked in the study.
        DataError: the storage of the study cannot be used.
    """
    if claim.lost >= MOST:
        reason = f"it ended worker after worker, the last {MOST} without a newer checkpoint"
        trials.note(claim.trial, REASON, reason)
        place = _place(claim, trials.folder)
        raise OutOfMemoryError(
            f"{reason}, as runs do that find too little memory: see {place}; fewer workers at once "
            "leave more for each; it waits until no other run is left"
        )
    trials.note(claim.trial, LOST, claim.lost + 1)
    try:
        yield
    except BaseException:
        with suppress(DataError):
            trials.note(claim.trial, LOST, claim.lost)
        raise


class ComesOn(Watcher):
    """Takes those back who were lost before the first checkpoint of this worker.

    Args:
        claim: the run.
    """

    name = "count of lost workers"

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def epoch_done(self, training: "Training", rows: list[Metric]) -> None:
        """Look whether the epoch was saved; none were lost: there is nothing to take back."""
        if self._claim.lost and training.at in saved(training.run_dir.checkpoints):
            self._claim.trial.set_user_attr(LOST, 1)
            self._claim.lost = 0


def _place(claim: Claim, sweep: Path) -> Path:
    """Return the folder of the run that a claim has come to."""
    runs = [RunDir(claim.folder(case, sweep)) for case in claim.cases]
    left = (run for run in runs if run.status().get("state") != "finished")
    return next(left, runs[-1]).path
