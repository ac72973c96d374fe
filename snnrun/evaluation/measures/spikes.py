"""How many spikes an answer takes."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome


class Spikes(Measure):
    """Keeps, of each layer that spikes, called as in configs, such as ``layers.0``,

    ``<layer>/spikes``: spikes that it sends, or draws, for a sample; the mean over samples.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.sums: dict[str, float] = {}
        self._samples = 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        self._samples += len(batch)
        for key, number in self.subject.learner.model.spikes(batch.inputs, record).items():
            self.sums[key] = self.sums.get(key, 0.0) + number

    def arrays(self) -> Arrays:
        """Return them."""
        return {
            f"{key}/spikes": np.array(number / self._samples) for key, number in self.sums.items()
        }
