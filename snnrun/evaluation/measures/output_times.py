"""When the neurons of the last layer spike, sample by sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Selective, Subject
from snnrun.learning.outcome import Outcome, predictions


class OutputTimes(Selective):
    """Keeps, of the samples or of as many drawn from the seed as fit into 8 MB,

    times: first-spike times ``[samples, classes]``, tau_syn; inf = no spike.
    labels, predictions: int32 ``[samples]``; -1 = no class.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject, each=8 * len(subject.experiment.data.classes) + 2 * 4)
        self._parts: dict[str, list[NDArray[Any]]] = {"times": [], "labels": [], "predictions": []}

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        assert outcome.scores is not None
        own = self.rows(batch)
        found = predictions(outcome.scores).numpy(force=True)
        self._parts["times"].append(record.times[-1].numpy(force=True)[own])
        self._parts["labels"].append(batch.targets.numpy(force=True)[own].astype(np.int32))
        self._parts["predictions"].append(found[own].astype(np.int32))

    def arrays(self) -> Arrays:
        """Return them."""
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}
