"""Where the samples of a plane lie, and what each was taken for."""

import numpy as np
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Selective, Subject
from snnrun.learning.outcome import Outcome, predictions

_CHUNK = 100_000  # samples that are read at once


class Points(Selective):
    """Keeps, of the samples or of as many drawn from the seed as fit into 8 MB,

    points: ``[samples, 2]``, x and y.
    labels, predictions: int32 ``[samples]``; -1 = no class.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject, each=2 * 8 + 2 * 4)
        self.labels: list[NDArray[np.int32]] = []
        self.predictions: list[NDArray[np.int32]] = []

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        assert outcome.scores is not None
        own = self.rows(batch)
        found = predictions(outcome.scores).numpy(force=True)
        self.labels.append(batch.targets.numpy(force=True)[own].astype(np.int32))
        self.predictions.append(found[own].astype(np.int32))

    def arrays(self) -> Arrays:
        """Return them."""
        source = self.subject.dataset.split(self.subject.split)
        parts = np.array_split(self.chosen, -(-len(self.chosen) // _CHUNK))
        return {
            "points": np.concatenate([source.read(part)[0][:, :2] for part in parts]),
            "labels": np.concatenate(self.labels),
            "predictions": np.concatenate(self.predictions),
        }
