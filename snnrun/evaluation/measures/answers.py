"""What a network answers: of each sample the label, the prediction and the scores."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import ROOM, Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome, predictions

#: Labels and predictions are kept of so many samples, the first.
MOST = ROOM // 8


class Answers(Measure):
    """Keeps

    counts: int64 ``[true class, predicted class]``; the last column counts samples without one.
    labels, predictions: int32 ``[samples]``; -1 = no class; of the first million.
    scores: ``[samples, classes]``, of the first that fit into 8 MB.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        classes = len(subject.experiment.data.classes)
        self.counts = np.zeros((classes, classes + 1), np.int64)
        self.labels: list[np.ndarray] = []
        self.predictions: list[np.ndarray] = []
        self.scores: list[np.ndarray] = []
        self._samples = 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if outcome.scores is None:
            return
        labels, found = batch.targets.cpu().numpy(), predictions(outcome.scores).cpu().numpy()
        np.add.at(self.counts, (labels, np.where(found < 0, len(self.counts), found)), 1)
        left = max(0, MOST - self._samples)
        self.labels.append(labels[:left].astype(np.int32))
        self.predictions.append(found[:left].astype(np.int32))
        scores = outcome.scores.cpu().numpy()
        fitting = max(0, ROOM // max(1, scores[:1].nbytes) - self._samples)
        self.scores.append(scores[:fitting])
        self._samples += len(labels)

    def arrays(self) -> Arrays:
        """Return them; nothing where samples have no classes."""
        if not self._samples:
            return {}
        return {
            "counts": self.counts,
            "labels": np.concatenate(self.labels),
            "predictions": np.concatenate(self.predictions),
            "scores": np.concatenate(self.scores),
        }
