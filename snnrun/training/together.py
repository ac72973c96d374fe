"""Processes that train one network together: may they, and how do they find each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from snnrun.core.world import ProcessLost, World, join, launched
from snnrun.errors import ConfigError, Interrupted
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.training.learner import choose_device


def refuse_several(experiment: Experiment) -> None:
    """Refuse to train in several processes where the rule or the model cannot.

    Raises:
        ConfigError: says which rule, or why the model cannot.
    """
    if reason := experiment.model.whole_batches():
        raise ConfigError(f"model: {reason}, so one process must train")
    if not experiment.learning.parallel:
        name = RULES.name_of(experiment.learning)
        able = [name for name, entry in RULES.items() if getattr(entry.settings, "parallel", False)]
        raise ConfigError(
            f"learning: {name} cannot be split over processes, so one must do; "
            f"those that can: {', '.join(able)}"
        )


@contextmanager
def together(experiment: Experiment, timeout: float) -> Iterator[World]:
    """Join the processes that a launcher started; one process alone is its own world.

    Args:
        experiment: what they train.
        timeout: seconds after which a process that does not answer counts as gone.

    Raises:
        ConfigError: the rule, or the model, cannot be split.
        Interrupted: another process is gone before anything was to be saved.
    """
    if launched() > 1:
        refuse_several(experiment)
    gpu = experiment.train.device != "cpu" and choose_device(experiment, "auto").type == "cuda"
    with joined(timeout, gpu and launched() > 1) as world:
        yield world


@contextmanager
def joined(timeout: float, gpu: bool = False) -> Iterator[World]:
    """Join the processes that a launcher started, whatever they do.

    Args:
        timeout, gpu: see :func:`snnrun.core.world.join`.

    Raises:
        Interrupted: another process is gone before anything was to be saved.
    """
    try:
        world = join(timeout, gpu)
        try:
            yield world
        finally:
            world.leave()
    except ProcessLost as lost:
        raise Interrupted(f"{lost}; nothing was saved", Interrupted.TERMINATED) from lost
