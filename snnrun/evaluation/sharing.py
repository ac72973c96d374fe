"""A run small enough to share: config, weights of one epoch, and the accuracy that they gave.

The copy is a run folder: ``snnrun inference`` and ``eval`` take it as it is. It holds no optimiser
state, so it cannot be continued.
"""

from pathlib import Path

from snnrun.core.position import Position
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.runs import checkpoint
from snnrun.runs.edits import SHARED, refuse_edits
from snnrun.runs.files import disk_errors, refuse_occupied, whole_folder
from snnrun.runs.folder import Metric, RunDir
from snnrun.training.learner import build_learner, load_data, training_values


def share(run: RunDir, folder: Path, epoch: int | None = None) -> RunDir:
    """Copy the network of a saved epoch and return the new run folder.

    Args:
        run: the run folder.
        folder: the folder to make, at once; nothing may lie in it.
        epoch: a saved epoch; None for the last one.

    Raises:
        ConfigError: the run's config was edited since it began.
        DataError: no such run, epoch or data; ``folder`` holds something, or cannot be written.
    """
    refuse_occupied(folder)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    refuse_edits(run.config, saved, run.experiment(), SHARED)
    result = evaluate_run(run, saved, "test", measures=())
    at = Position(result.epoch)
    learner = build_learner(result.experiment)
    learner.take(saved, lambda: training_values(load_data(result.experiment)))
    numbers = result.facts["statistics"]
    with whole_folder(folder) as made:
        copy = RunDir(made)
        with disk_errors(str(folder)):
            copy.checkpoints.mkdir()
        checkpoint.save(copy.checkpoints, at, learner.state_dict())
        copy.write_experiment(result.experiment)
        copy.append_metrics(
            [Metric(step=0, epoch=at.epoch, split="test", name=n, value=v, time=0.0)
             for n, v in numbers.items()]
        )  # fmt: skip
        copy.write_json("status.json", {"state": "shared", "epoch": at.epoch})
    return RunDir(folder)
