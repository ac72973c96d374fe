"""Tells the search how a run goes, epoch by epoch, and ends one that lags behind the others."""

from typing import TYPE_CHECKING

from optuna.trial import FrozenTrial, Trial

from snnrun.runs.folder import Metric
from snnrun.studies.gathering import PRUNED
from snnrun.training.watchers.watcher import Watcher

if TYPE_CHECKING:
    from snnrun.training.loop import Training

__all__ = ["PRUNED", "Pruning"]


class Pruning(Watcher):
    """Reports a number of the validation after each epoch.

    Args:
        trial: of the run.
        before: what was kept of it; what was reported already is not reported again.
        by: the number.
    """

    name = "pruning of the search"

    def __init__(self, trial: Trial, before: FrozenTrial, by: str) -> None:
        self._trial, self._by = trial, by
        self._reported = set(before.intermediate_values)

    def epoch_done(self, training: "Training", rows: list[Metric]) -> None:
        """Report the epoch, and end the run if it is not worth going on."""
        value = next(
            (r["value"] for r in rows if (r["split"], r["name"]) == ("validation", self._by)), None
        )
        epoch = training.at.epoch
        if value is None:
            return
        if epoch not in self._reported:
            self._trial.report(value, epoch)
            self._reported.add(epoch)
        if self._trial.should_prune():
            training.end_early(f"{PRUNED}: {self._by} {value:.4g} after epoch {epoch} lags behind")
