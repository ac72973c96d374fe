"""What an answer costs: parameters, and the synaptic operations at each layer of weights."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome


class Cost(Measure):
    """Keeps

    parameters, learning: int64, numbers of the model, and those of them that learn.

    and, where a model counts them, of each layer of weights, called as in configs, the mean over
    samples (:mod:`snnrun.models.operations`),

    ``<layer>/accumulations``: additions of a weight, one for each spike and connection.
    ``<layer>/multiplications``: multiplications with an addition.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.sums: dict[str, tuple[float, float]] = {}
        self._samples = 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        self._samples += len(batch)
        for each in self.subject.learner.model.operations(batch.inputs, record):
            added, multiplied = self.sums.get(each.key, (0.0, 0.0))
            self.sums[each.key] = added + each.accumulations, multiplied + each.multiplications

    def arrays(self) -> Arrays:
        """Return them."""
        every = list(self.subject.learner.model.parameters())
        found: Arrays = {
            "parameters": np.array(sum(each.numel() for each in every)),
            "learning": np.array(self.subject.learner.model.learning_numbers()),
        }
        for key, (added, multiplied) in self.sums.items():
            found[f"{key}/accumulations"] = np.array(added / self._samples)
            found[f"{key}/multiplications"] = np.array(multiplied / self._samples)
        return found
