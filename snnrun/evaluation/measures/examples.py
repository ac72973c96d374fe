"""A sample of each class, shown once more: the first that was predicted right, or else the first.

It is shown with the random numbers that it had, so the network does what it did.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import ROOM, Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome, predictions

#: Classes at most; of more, some that lie apart.
MOST = 20


class Example(NamedTuple):
    """A sample: its number in the split, that of the batch that it was in, classes; -1 = none."""

    number: int
    batch: int
    label: int
    prediction: int


class Examples(Measure):
    """Chooses samples while they pass by, of at most ``most`` classes."""

    most = MOST

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._first: dict[int, Example] = {}
        self._right: dict[int, Example] = {}
        self._open = set(range(len(subject.experiment.data.classes)))

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if not self._open:
            return
        assert outcome.scores is not None
        found = predictions(outcome.scores).tolist()
        labels = batch.targets.tolist()
        for place, (label, prediction) in enumerate(zip(labels, found, strict=True)):
            if label in self._open:
                number, of = int(batch.random.samples[place]), batch.random.number
                self._first.setdefault(label, Example(number, of, label, prediction))
                if label == prediction:
                    self._right[label] = Example(number, of, label, prediction)
                    self._open.remove(label)

    def chosen(self) -> list[Example]:
        """Return the samples, in the order of their classes."""
        every = [example for _, example in sorted((self._first | self._right).items())]
        places = np.linspace(0, len(every) - 1, min(self.most, len(every)))
        return [every[round(place)] for place in places]

    def show(self, example: Example) -> tuple[Batch, Record]:
        """Return a batch of this sample alone, and what the network does with it."""
        (batch,) = self.subject.batches(np.array([example.number]))
        batch.random.number = example.batch
        return batch, self.subject.learner.model(batch.inputs, batch.random)


class Records(Examples):
    """Keeps, of as many examples as there is room for,

    numbers: int64 ``[examples]``, of the samples within the split.
    labels, predictions: int64 ``[examples]``; -1 = no class.

    and what :meth:`keep` returns of each, ``[examples, ...]``.
    """

    @abstractmethod
    def keep(self, batch: Batch, record: Record) -> Arrays:
        """Return what to keep of one example."""

    def arrays(self) -> Arrays:
        """Return the arrays."""
        kept = list(self._within(ROOM))
        found: Arrays = {
            "numbers": np.array([each.number for each, _ in kept], np.int64),
            "labels": np.array([each.label for each, _ in kept], np.int64),
            "predictions": np.array([each.prediction for each, _ in kept], np.int64),
        }
        for name in kept[0][1] if kept else ():
            found[name] = np.stack([arrays[name] for _, arrays in kept])
        return found

    def _within(self, room: int) -> Iterator[tuple[Example, Arrays]]:
        """Yield examples and their arrays while there is room; the first in any case."""
        used = 0
        for example in self.chosen():
            arrays = self.keep(*self.show(example))
            size = sum(each.nbytes for each in arrays.values())
            if used and used + size > room:
                return
            used += size
            yield example, arrays
