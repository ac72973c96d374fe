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
        classes, samples = len(subject.experiment.data.classes), len(subject.numbers)
        self.counts = np.zeros((classes, classes + 1), np.int64)
        self.labels = np.zeros(min(samples, MOST), np.int32)
        self.predictions = np.zeros_like(self.labels)
        self.scores = np.zeros((0, classes))
        self._samples = 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if outcome.scores is None:
            return
        labels, found = batch.targets.cpu().numpy(), predictions(outcome.scores).cpu().numpy()
        np.add.at(self.counts, (labels, np.where(found < 0, len(self.counts), found)), 1)
        scores = outcome.scores.cpu().numpy()
        if not self._samples:
            fitting = min(len(self.subject.numbers), ROOM // max(1, scores[:1].nbytes))
            self.scores = np.zeros((fitting, *scores.shape[1:]), scores.dtype)
        for kept, new in (
            (self.labels, labels), (self.predictions, found), (self.scores, scores)
        ):  # fmt: skip
            own = kept[self._samples : self._samples + len(new)]
            own[:] = new[: len(own)]
        self._samples += len(labels)

    def arrays(self) -> Arrays:
        """Return them; nothing where samples have no classes."""
        if not self._samples:
            return {}
        return {
            "counts": self.counts,
            "labels": self.labels,
            "predictions": self.predictions,
            "scores": self.scores,
        }
