r"""Backpropagation through time: the derivative of a spike is a hump around the threshold.

.. math:: \frac{dL}{dW} = \sum_t \frac{\partial L}{\partial W}\Big|_t, \qquad
          \frac{\partial S_t}{\partial U_t} := \psi(U_t - \vartheta)

where L is a loss of the outputs (:mod:`snnrun.learning.surrogate.losses`) plus terms of the spikes
(:mod:`snnrun.learning.surrogate.regularisers`). The model differentiates its own steps; the rule
knows none of its layers. Wu et al., Frontiers in Neuroscience 12 (2018); Neftci, Mostafa, Zenke,
IEEE Signal Processing Magazine 36 (2019).
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.learning.outcome import Outcome
from snnrun.learning.surrogate.activity import RecordActivity, hidden
from snnrun.learning.surrogate.losses import OutputsLoss
from snnrun.learning.surrogate.regularisers import Regulariser
from snnrun.learning.surrogate.running import Running
from snnrun.learning.surrogate.settings import LOSSES, REGULARISERS, SurrogateRuleSettings
from snnrun.learning.watched import WatchedRule
from snnrun.models.model import Model


class SurrogateRule(WatchedRule):
    """Loss and regularisers for one model."""

    settings: SurrogateRuleSettings
    activity: RecordActivity

    def __init__(self, settings: SurrogateRuleSettings, model: Model) -> None:
        super().__init__(settings, model)
        self.loss: OutputsLoss = LOSSES.entry_of(settings.loss).load()(settings.loss)
        self.regularisers: list[Regulariser] = [
            REGULARISERS.entry_of(term).load()(term) for term in settings.regularisers
        ]
        self.activity = RecordActivity(model.spiking_layers())
        self.running = Running(settings, model)

    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the parameters.

        Args:
            batch: input of the kind that the model takes, time first.
        """
        record = self.running(self.model, batch.inputs, batch.random)
        loss = self.objective(record, batch.targets)
        share = loss * (len(batch) / batch.whole) if batch.shared else loss
        share.backward()  # type: ignore[no-untyped-call]
        outcome = self._outcome(record, loss.detach())
        self.activity.keep(record, self.model.spiking_layers())
        self.activity.note(outcome, len(batch))
        return outcome

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and its whole record, with rates; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        outcome = self._outcome(record, self._losses(record, batch.targets))
        if not record.rates:
            number = len(self.activity.names) or len(record.spikes)
            record = replace(record, rates=[each.mean(0) for each in record.spikes[:number]])
        return outcome, record

    def scores(self, record: Record) -> Tensor:
        """Return the scores ``[batch, classes]`` that a record stands for: what the loss is of."""
        return self.loss.scores(_outputs(record))

    def objective(self, record: Record, targets: Tensor) -> Tensor:
        """Return the loss of a record, regularisers included, the mean over its samples."""
        return self._losses(record, targets).mean()

    def _losses(self, record: Record, targets: Tensor) -> Tensor:
        """Return the loss of each sample, ``[batch]``."""
        losses = self.loss.weighted(_outputs(record), targets)
        if self.regularisers:
            layers = hidden(record, self.model.spiking_layers())
            for term in self.regularisers:
                losses = losses + term.samples(layers).to(losses)
        return losses

    def _outcome(self, record: Record, loss: Tensor) -> Outcome:
        statistics = self.activity.statistics(record, self.model.spiking_layers())
        return Outcome(loss, self.scores(record).detach(), statistics)


def _outputs(record: Record) -> Tensor:
    """Return the outputs, at least in float32."""
    outputs = record.outputs
    if outputs is None:
        raise TypeError("the model offers OUTPUTS, but its record has none")
    return outputs.float() if outputs.dtype.itemsize < 4 else outputs


def build(settings: Any, model: Model) -> SurrogateRule:
    """Return the rule for a model."""
    return SurrogateRule(settings, model)
