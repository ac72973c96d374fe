"""What a network answers: of each sample the label, the prediction and the scores."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome, predictions

#: Bytes of scores that are kept, those of the first samples.
MOST = 16 * 2**20


class Answers(Measure):
    """Keeps

    counts: int64 ``[true class, predicted class]``; the last column counts samples without one.
    labels, predictions: int32 ``[samples]``; -1 = no class; of the first four million.
    scores: ``[samples, classes]``, as many as fit.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        classes = len(subject.experiment.data.classes)
        self.counts = np.zeros((classes, classes + 1), np.int64)
        self.labels: list[np.ndarray] = []
        self.predictions: list[np.ndarray] = []
        self.scores: list[np.ndarray] = []
        self._samples, self._kept = 0, 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if outcome.scores is None:
            return
        labels, found = batch.targets.cpu().numpy(), predictions(outcome.scores).cpu().numpy()
        np.add.at(self.counts, (labels, np.where(found < 0, len(self.counts), found)), 1)
        if 4 * self._samples < MOST:
            self.labels.append(labels.astype(np.int32))
            self.predictions.append(found.astype(np.int32))
        scores = outcome.scores.cpu().numpy()
        if self._kept + scores.nbytes <= MOST:
            self.scores.append(scores)
        self._samples, self._kept = self._samples + len(labels), self._kept + scores.nbytes

    def arrays(self) -> Arrays:
        """Return them; nothing where samples have no classes."""
        if not self._samples:
            return {}
        return {
            "counts": self.counts,
            "labels": np.concatenate(self.labels),
            "predictions": np.concatenate(self.predictions),
            "scores": np.concatenate(self.scores) if self.scores else np.empty((0, 0)),
        }
