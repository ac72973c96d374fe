"""The accuracy that a trained network keeps where time constants differ between its neurons."""

from typing import Any

import numpy as np

from snnrun.evaluation.measure import Arrays, Subject
from snnrun.evaluation.measures import robustness
from snnrun.evaluation.measures.robustness import SAMPLES, STRENGTHS, Robustness

#: Arrivals at synapses, each of which has a time of its own, that it may cost.
ARRIVALS = 10**9
#: Of fewer samples and draws, an error tells nothing.
LEAST, FEWEST = 200, 2


class TimeConstants(Robustness):
    """Keeps, of at most 1,000 samples, fewer where there are many synapses, drawn from the seed,
    and of 8 draws, fewer where these would leave less than 200 samples,

    samples: int64, how many; right: int64, how many of them are predicted right as trained.
    strengths: ``[6]``, standard deviations of the factor of a neuron's time constants.
    time_constants: int64 ``[6, draws]``, how many are right at each strength, with each draw.
    """

    def __init__(self, subject: Subject) -> None:
        model: Any = subject.learner.model
        synapses = sum(layer.weights.numel() for layer in model.layers)
        shown = ARRIVALS // (synapses * len(STRENGTHS))
        self.draws = max(FEWEST, min(robustness.DRAWS, shown // LEAST))
        super().__init__(subject, max(LEAST, min(SAMPLES, shown // self.draws)))

    def arrays(self) -> Arrays:
        """Return them."""
        batches = list(self.subject.batches(self.chosen))
        return {
            "samples": np.array(len(self.chosen)),
            "right": np.array(self.right),
            "strengths": STRENGTHS,
            "time_constants": self.sweep("time_constants", batches, STRENGTHS, self.draws),
        }
