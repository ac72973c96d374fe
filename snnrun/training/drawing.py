"""What training draws at random, found out by showing one sample to a copy of the learner.

Checkpoints of format 1 were written when random numbers were counted in another way: who goes on
from one gets other noise than an unbroken run, if there is any.
"""

from copy import deepcopy

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.random import Random
from snnrun.data.reading import Reader
from snnrun.data.source import Source
from snnrun.experiment import Experiment
from snnrun.runs.checkpoint import Checkpoint
from snnrun.training.learner import Learner


class _Noting(Random):
    """Random numbers that note what they are asked for; ``asked`` is shared by all parts."""

    __slots__ = ("asked",)

    def __init__(self, random: Random, asked: dict[str, None]) -> None:
        super().__init__(
            random.seed, random.use, random.epoch, random.number, random.samples,
            random.presentation, random.part,
        )  # fmt: skip
        self.asked = asked

    def of(self, part: str) -> Random:
        """Return the numbers of a part."""
        return _Noting(super().of(part), self.asked)

    def again(self) -> Random:
        """Return the numbers for another presentation."""
        return _Noting(super().again(), self.asked)

    @property
    def batch(self) -> Random:
        """The numbers of the batch itself."""
        return _Noting(super().batch, self.asked)

    def key(self, what: str) -> int:
        """Note what is wanted, and return its key."""
        self.asked[what] = None
        return super().key(what)


def drawn(learner: Learner, experiment: Experiment, source: Source) -> list[str]:
    """Return what a training step draws at random, e.g. ``["shift", "input spikes"]``.

    Args:
        learner: of the experiment; it stays as it is.
        experiment: says how samples are augmented.
        source: of training samples.
    """
    asked: dict[str, None] = {}
    random = _Noting(Random(experiment.seed, "train", 0, 0, np.arange(1)), asked)
    trial = deepcopy(learner).train()
    reader = Reader(
        source, experiment.data, trial.augmentations, "train", True, experiment.seed, trial.dtype
    )
    values, targets = reader.read(random.samples, random)
    shown = trial.encoder(trial.encoder.prepare(values.to(trial.device)), random)
    trial.rule.step(Batch(shown, targets.to(trial.device), random, trial.encoder.constant))
    return list(asked)


def other_noise(
    saved: Checkpoint, learner: Learner, experiment: Experiment, source: Source
) -> list[str]:
    """Return one line if what goes on from a checkpoint draws other random numbers than before."""
    found = drawn(learner, experiment, source) if saved.format == 1 else []
    if not found:
        return []
    return [
        f"the bits differ from an unbroken run: {saved.path} is of an earlier version, which drew "
        f"other random numbers; from here on these are new: {', '.join(found)}"
    ]
