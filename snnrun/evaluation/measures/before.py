"""The learner of a run as it was before training, to be shown what the trained one is shown."""

from functools import partial

from snnrun.core.position import Position
from snnrun.evaluation.measure import Subject
from snnrun.runs import checkpoint
from snnrun.training.learner import Learner, build_learner, training_values
from snnrun.training.stepping import set_targets


def untrained(subject: Subject) -> Learner | None:
    """Return the learner before training, in evaluation mode; None where it was not saved."""
    folder = subject.run.checkpoints
    if subject.epoch == 0 or not (folder / Position(0).name).is_dir():
        return None
    learner = build_learner(subject.experiment)
    learner.take(checkpoint.open_epoch(folder, 0), partial(training_values, subject.dataset))
    set_targets(subject.experiment, learner, 0)
    learner.to(subject.learner.device)
    learner.eval()
    return learner
