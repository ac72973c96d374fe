r"""Online learning through time for networks of any layers that a list makes.

.. math:: \Delta W^l = \sum_t \delta^l_t\,(\hat x^l_t)^\top, \qquad
          \delta^l_t = \frac{\partial L_t}{\partial (W^l x^l_t)}\Big|_{\text{step } t}

with :math:`L_t` the loss of the outputs of step t, :math:`\hat x` the trace of the input
(:mod:`snnrun.models.feedforward.online`) and surrogate derivatives for spikes. Each step goes
forward and back before the next begins, so that memory does not grow with their number. Between
weights and the neurons that they drive, what is not linear acts by its derivative at the step.

Xiao et al., Online training through time for spiking neural networks, NeurIPS (2022). Networks of
the model ``lif`` have a kernel of their own: :mod:`snnrun.learning.local.online`.
"""

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.learning.local.losses import Loss
from snnrun.learning.local.online import Online
from snnrun.learning.local.settings import LOSSES, OnlineSettings
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.learning.surrogate.activity import RecordActivity
from snnrun.learning.watched import WatchedRule
from snnrun.models.feedforward.net import FeedforwardNet
from snnrun.models.lif.net import LifNet
from snnrun.models.model import Model


class Stepwise(WatchedRule):
    """The rule for one network of a list of layers."""

    settings: OnlineSettings
    activity: RecordActivity
    model: FeedforwardNet

    def __init__(self, settings: OnlineSettings, model: FeedforwardNet) -> None:
        super().__init__(settings, model)
        self.loss: Loss = LOSSES.entry_of(settings.loss).load()(settings.loss)
        self.activity = RecordActivity(model.spiking_layers())

    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the parameters.

        Args:
            batch: input ``[time, batch, channel, height, width]``.
        """
        outputs, counts = list[Tensor](), list[Tensor]()
        for record in self.model.by_steps(batch.inputs, batch.random):
            assert record.outputs is not None
            scores = record.outputs.detach()
            error = self.loss.error(scores, batch.targets)
            record.outputs.backward(error / (len(batch.inputs) * batch.whole))  # type: ignore[no-untyped-call]
            outputs.append(scores)
            fired = [spikes[0].detach() for spikes in record.spikes]
            counts = [a + b for a, b in zip(counts, fired, strict=True)] if counts else fired
        statistics = self.activity.of_counts(counts, len(outputs))
        every = torch.cat(outputs)
        loss = self.loss.samples(every, batch.targets).mean()
        outcome = Outcome(loss, every.mean(0), statistics)
        self.activity.note(outcome, len(batch))
        return outcome

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and its whole record; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        statistics = self.activity.statistics(record, self.model.spiking_layers())
        assert record.outputs is not None
        losses = self.loss.samples(record.outputs, batch.targets)
        return Outcome(losses, record.outputs.mean(0), statistics), record

    def objective(self, record: Record, targets: Tensor) -> Tensor:
        """Return the loss of which :meth:`step` leaves the gradient, but for paths through time."""
        assert record.outputs is not None
        return self.loss.objective(record.outputs, targets)


def build(settings: OnlineSettings, model: Model) -> Rule:
    """Return online learning through time for a model."""
    if isinstance(model, LifNet):
        return Online(settings, model)
    if isinstance(model, FeedforwardNet):
        return Stepwise(settings, model)
    raise TypeError(f"{type(model).__name__} offers TRACES, but is neither of our networks")
