"""When the neurons of hidden layers spike, as histograms."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.evaluation.measures.histogram import Histogram
from snnrun.learning.outcome import Outcome


class TimeHistograms(Measure):
    """Keeps, for each layer but the last, from ``layer_0`` on,

    counts: int64 ``layer_0/counts [bins]``, at most 4,096, spikes of all samples and neurons.
    start, width: ``layer_0/start``, ``layer_0/width``, where the first bin begins, and how wide
        each is, tau_syn.
    silent: int64 ``layer_0/silent``, pairs of sample and neuron without a spike.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.layers: list[Histogram] = []

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        hidden = record.times[:-1]
        self.layers = self.layers or [Histogram() for _ in hidden]
        for counted, times in zip(self.layers, hidden, strict=True):
            counted.add(times.numpy(force=True))

    def arrays(self) -> Arrays:
        """Return them."""
        found: Arrays = {}
        for index, counted in enumerate(self.layers):
            found[f"layer_{index}/counts"] = counted.counts
            found[f"layer_{index}/start"] = np.array(counted.start)
            found[f"layer_{index}/width"] = np.array(counted.width)
            found[f"layer_{index}/silent"] = np.array(counted.absent)
        return found
