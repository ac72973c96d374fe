"""How long several processes take for a batch, and whether one alone would take less."""

import time
import warnings
from typing import TYPE_CHECKING

import numpy as np

from snnrun.core.position import Position
from snnrun.data.loader import Use
from snnrun.errors import SpeedWarning
from snnrun.training.learner import build_learner
from snnrun.training.threads import threads_for

if TYPE_CHECKING:
    from snnrun.training.loop import Training

#: For how many seconds one process alone is watched, and for how many batches at most.
SECONDS, BATCHES = 0.5, 20
#: How many batches that takes at least, of which the first does not count.
FEWEST = 3
#: How much faster it must be to be worth a line.
MARGIN = 1.1


class Pace:
    """The mean time of a batch since the first one, which still prepares things."""

    def __init__(self) -> None:
        self._first, self._last, self._batches = 0.0, 0.0, 0

    @property
    def seconds(self) -> float | None:
        """Of a batch; None where there were too few."""
        return (self._last - self._first) / (self._batches - 1) if self._batches > 1 else None

    def tick(self) -> None:
        """Count a batch that is done."""
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self._batches += 1

    def compare(self, training: "Training") -> None:
        """Warn if one process alone is faster; the first one tries that, while the others wait."""
        together, world = self.seconds, training.world
        if not together or FEWEST * world.size * together > min(SECONDS, world.timeout / 4):
            return  # the others would wait too long, and exchange is a small part of such batches
        alone = seconds_alone(training) if world.first else None
        if alone and together > MARGIN * alone:
            warnings.warn(
                f"{world.size} processes take {1000 * together:.3g} ms a batch, "
                f"and one alone {1000 * alone:.3g} ms; fewer are faster here",
                SpeedWarning,
                stacklevel=2,
            )


def seconds_alone(training: "Training", threads: int | None = None) -> float | None:
    """Return how long a process takes to read whole batches and to learn from them, on a copy.

    Args:
        training: the training; nothing of it changes.
        threads: of the process; None: those of the experiment.
    """
    experiment, samples = training.experiment, len(training.dataset.train)
    size = experiment.train.batch_size
    learner = build_learner(experiment).to(training.learner.device)
    learner.load_state_dict(training.learner.state_dict())
    if training.at == Position():
        learner.encoder.fit(training.samples())
    learner.train().rule.start_epoch(Position(), training.horizon)
    only = np.arange(min(samples, size * BATCHES))
    loader = learner.loader(
        training.dataset.train, experiment, Use("train", learning=True), size, only=only
    )
    pace = Pace()
    number = threads or experiment.train.threads
    with warnings.catch_warnings(), threads_for(learner.model, number):
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        for batch in loader.epoch(0):
            learner.rule.step(batch)
            pace.tick()
            if time.perf_counter() - begin > SECONDS and pace.seconds:
                break
    return pace.seconds
