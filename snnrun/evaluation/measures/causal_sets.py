"""Causal sets of first spikes: how many of the spikes that reach a neuron do so before its own."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.learning.outcome import Outcome
from snnrun.models.first_spike.net import FirstSpikeNet


def sizes(arriving: Tensor, times: Tensor) -> Tensor:
    """Return the size of the causal set of every spike, one flat list; silent neurons have none.

    Args:
        arriving: ``[batch, inputs(, neurons)]``, inf = never.
        times: ``[batch, neurons]``, inf = no spike.

    Example:
        >>> arriving, never = torch.tensor([[0.1, 0.5, 0.9]]), float("inf")
        >>> sizes(arriving, torch.tensor([[0.7, never, 0.9]]))
        tensor([2, 3])
    """
    if arriving.dim() == 2:
        ordered, found = arriving.sort(1).values, times
    else:
        ordered, found = arriving.transpose(1, 2).sort(2).values, times[:, :, None]
    before = torch.searchsorted(ordered.contiguous(), found.contiguous(), right=True)
    return before.view_as(times)[times.isfinite()]


class CausalSets(Measure):
    """Keeps ``layer_0 [inputs + biases + 1]`` and so on: int64, at place n the number of spikes
    of the layer that n others reached before, over all samples and neurons.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.counts: dict[int, NDArray[np.int64]] = {}

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        model = self.subject.learner.model
        assert isinstance(model, FirstSpikeNet)
        reached = model.arrivals(batch.inputs, record, batch.random)
        for index, (arriving, times) in enumerate(zip(reached, record.times, strict=True)):
            counted = torch.bincount(sizes(arriving, times), minlength=arriving.shape[1] + 1)
            self.counts[index] = self.counts.get(index, 0) + counted.numpy(force=True)

    def arrays(self) -> Arrays:
        """Return them."""
        return {f"layer_{index}": counts for index, counts in self.counts.items()}
