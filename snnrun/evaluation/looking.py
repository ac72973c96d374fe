"""Runs that are looked at with other settings, which change nothing that was learned."""

from snnrun.config.given import Overrides
from snnrun.runs.edits import LOOKING, overridden
from snnrun.runs.folder import RunDir
from snnrun.training.learner import choose_device


def looked_at(run: RunDir, overrides: Overrides) -> RunDir:
    """Return a run with other settings; a GPU is only asked for where there is one.

    A run that was trained on a GPU is looked at on the CPU where there is none.

    Args:
        run: the run folder; it stays as it is.
        overrides: ``"train.device=cpu"`` and the like.

    Raises:
        ConfigError: one is wrong, or changes what was learned; there is no such device.
    """
    other = overridden(run, overrides, LOOKING)
    if other is not run and run.experiment().train.device != "cuda":
        experiment = other.experiment()
        if experiment.train.device == "cuda":
            choose_device(experiment, "cuda")
    return other
