"""What a network did, before it was trained, with the samples that examples are kept of."""

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from snnrun.evaluation.measure import Arrays
from snnrun.evaluation.measures.before import untrained
from snnrun.evaluation.measures.spike_examples import SpikeExamples
from snnrun.evaluation.measures.step_examples import TRACES, StepExamples, spread


class SpikeExamplesBefore(SpikeExamples):
    """Keeps what :class:`~snnrun.evaluation.measures.spike_examples.SpikeExamples` does, of the
    same samples; nothing where the network before training was not saved. ``predictions`` are those
    of the trained network.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        learner = untrained(self.subject)
        if learner is None:
            return {}
        self.subject = replace(self.subject, learner=learner)
        return super().arrays()


class StepExamplesBefore(StepExamples):
    """Keeps what :class:`~snnrun.evaluation.measures.step_examples.StepExamples` does, of the same
    samples and neurons; nothing where the network before training was not saved. ``predictions``
    are those of the trained network.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        learner = untrained(self.subject)
        if learner is None or not self.chosen():
            return {}
        _, record = self.show(self.chosen()[0])
        spikes = [each[:, 0].numpy(force=True).sum(axis=0) for each in record.spikes]
        self._trained = [spread(counts, TRACES) for counts in spikes]
        self.subject = replace(self.subject, learner=learner)
        return super().arrays()

    def traced(self, layer: int, spikes: NDArray[Any]) -> list[int]:
        """Return those that are kept of the trained network."""
        return self._trained[layer]
