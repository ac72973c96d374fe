"""What is known of a network whose data set is not here: its weights, its log, what was kept."""

from pathlib import Path
from typing import Any

from snnrun.errors import DataError
from snnrun.evaluation.evaluate import model_of
from snnrun.runs import checkpoint
from snnrun.runs.evaluation import Evaluation, stored
from snnrun.runs.folder import RunDir

#: Measures that figures can do without.
SPARE = frozenset({"sizes"})


def known(run: RunDir, epoch: int | None, split: str, folder: Path | None = None) -> Evaluation:
    """Return what was kept of an evaluation, or one that measured nothing.

    Args:
        run: the run folder.
        epoch: a saved epoch; None for the last one.
        split: train, validation or test.
        folder: where evaluations are kept; None: in the run folder.

    Raises:
        DataError: no such epoch, or a damaged checkpoint.
    """
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    try:
        return stored(run, saved.at.epoch, split, folder)
    except DataError:
        nothing: dict[str, Any] = {"samples": 0, "whole": 0, "statistics": {}, "measures": []}
        tensors = model_of(saved)
        return Evaluation(run, run.experiment(), saved.at.epoch, split, {}, nothing, tensors)
