"""The accuracy that a trained network keeps on imperfect substrates it was not trained for.

Each of five imperfections (:mod:`snnrun.evaluation.measures.imperfections`), alone, from none to
severe. The draws are the same at every strength, so a curve is smooth where the network is.
"""

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.random import Random, generator
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Selective, Subject
from snnrun.evaluation.measures.imperfections import CHANGES, jitter
from snnrun.learning.outcome import Outcome, predictions
from snnrun.models.first_spike.net import FirstSpikeNet

Floats = NDArray[np.float64]
SAMPLES, DRAWS = 1000, 8
STRENGTHS = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.2])


class Robustness(Selective):
    """Keeps, of at most 1,000 samples, drawn from the seed,

    samples: int64, how many; right: int64, how many of them are predicted right as trained.
    steps: ``[8]``, of rounding; strengths: ``[6]``, of the others.
    rounding ``[8, 1]``, relative, absolute, jitter, mismatch ``[6, 8]``: int64, how many are
        predicted right at each strength, with each draw.
    """

    def __init__(self, subject: Subject, most: int | None = None) -> None:
        super().__init__(subject, each=1, most=SAMPLES if most is None else most)
        self.right = 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        assert outcome.scores is not None
        right = predictions(outcome.scores).eq(batch.targets).numpy(force=True)
        self.right += int(right[self.rows(batch)].sum())

    def arrays(self) -> Arrays:
        """Return them."""
        batches = list(self.subject.batches(self.chosen))
        steps = rounding_steps(self.subject.learner.model)
        found = {name: self.sweep(name, batches, STRENGTHS, DRAWS) for name in _NOISE}
        return {
            "samples": np.array(len(self.chosen)),
            "right": np.array(self.right),
            "steps": steps,
            "strengths": STRENGTHS,
            "rounding": self.sweep("rounding", batches, steps, 1),
            **found,
        }

    def sweep(
        self, name: str, batches: list[Batch], strengths: Floats, draws: int
    ) -> NDArray[np.int64]:
        """Return how many samples are right, ``[strengths, draws]``."""
        right = np.empty((len(strengths), draws), np.int64)
        for (row, draw), _ in np.ndenumerate(right):
            right[row, draw] = self.right_with(name, batches, float(strengths[row]), draw)
        return right

    def right_with(self, name: str, batches: list[Batch], strength: float, draw: int) -> int:
        """Return how many samples are predicted right with an imperfection; nothing is changed."""
        learner, seed = self.subject.learner, self.subject.experiment.seed
        model, right = learner.model, 0
        if name in CHANGES:
            model = deepcopy(model)
            CHANGES[name](model, strength, generator(seed, "robustness", draw))
        for batch in batches:
            random = Random(seed, "robustness", draw, 0, batch.random.samples)
            times = batch.inputs
            if name not in CHANGES:
                times = jitter(times, strength, random)
            found = predictions(learner.rule.scores(model(times, random)))
            right += int(found.eq(batch.targets).sum())
        return right


_NOISE = ("relative", "absolute", "jitter", "mismatch")


def rounding_steps(model: Any) -> Floats:
    """Return eight rounding steps, powers of 2, the largest about the largest weight."""
    assert isinstance(model, FirstSpikeNet)
    largest = max(layer.weights.abs().max().item() for layer in model.layers)
    found: Floats = 2.0 ** (np.floor(np.log2(largest)) + np.arange(-7, 1))
    return found
