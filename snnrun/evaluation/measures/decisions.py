"""How soon a network decides: the answer after the first steps, or the first output spike."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.capabilities import Capability
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome, predictions

#: Samples that are shown again, if the rule leaves no outputs in the record.
SAMPLES = 500


class Decisions(Measure):
    """Keeps, of networks with outputs at every step,

    right: int64 ``[steps]``, samples that are right if only the outputs of the first t = 1, 2, ...
        steps count.
    decided: int64 ``[steps]``, samples whose answer is the final one from t on, but not before.
    samples: int64, how many were shown: all, or 500, drawn from the seed.

    and of networks with spike times

    time: mean time of the first spike of the last layer, tau_syn; nan if there is none.
    decided, samples: int64, samples with such a spike, and all.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.right = self.decided = np.zeros(0, np.int64)
        self._time, self._spiking, self._timed, self._samples = 0.0, 0, False, 0

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        if record.times:
            first = record.times[-1].amin(1)
            own = first[first.isfinite()]
            self._time += own.sum(dtype=torch.float64).item()
            self._spiking += len(own)
            self._samples, self._timed = self._samples + len(batch), True
        elif record.outputs is not None and outcome.scores is not None:
            self._see(batch, record)

    def arrays(self) -> Arrays:
        """Return them; nothing of networks that have neither."""
        if self._timed:
            time = self._time / self._spiking if self._spiking else np.nan
            found = {"time": time, "decided": self._spiking, "samples": self._samples}
            return {name: np.array(value) for name, value in found.items()}
        if not self._samples and Capability.OUTPUTS in self.subject.experiment.offers:
            model = self.subject.learner.model
            for batch in self.subject.batches(self.subject.some(SAMPLES)):
                self._see(batch, model(batch.inputs, batch.random))
        if not self._samples:
            return {}
        samples = np.array(self._samples)
        return {"right": self.right, "decided": self.decided, "samples": samples}

    def _see(self, batch: Batch, record: Record) -> None:
        assert record.outputs is not None
        rule = self.subject.learner.rule
        scores = torch.stack(
            [
                rule.scores(replace(record, outputs=record.outputs[: 1 + step]))
                for step in range(len(record.outputs))
            ]
        )
        answers = predictions(scores.flatten(0, 1)).view(scores.shape[:2])
        right = answers.eq(batch.targets).sum(1).cpu().numpy()
        decided = np.bincount(settled(answers).cpu().numpy(), minlength=len(right))
        grown = max(len(right), len(self.right))
        self.right = _grown(self.right, grown) + _grown(right, grown)
        self.decided = _grown(self.decided, grown) + _grown(decided, grown)
        self._samples += len(batch)


def _grown(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.pad(counts, (0, size - len(counts)))


def settled(answers: Tensor) -> Tensor:
    """Return the first step from which on the answer is the last one, ``[batch]``, from 0.

    Example:
        >>> settled(torch.tensor([[1, 2], [0, 2], [1, 2]]))
        tensor([2, 0])
    """
    other = answers.ne(answers[-1]).flip(0)
    since = other.to(torch.uint8).argmax(0)
    return torch.where(other.any(0), len(answers) - since, 0)
