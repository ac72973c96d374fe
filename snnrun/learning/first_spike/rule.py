"""Gradient descent on exact first-spike times, with weight bumping for silent layers."""

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.core.registry import entry_of
from snnrun.learning.first_spike.bumping import Activity, Bumper
from snnrun.learning.first_spike.losses import TimesLoss, mean_loss
from snnrun.learning.first_spike.recorder import LabelRecorder
from snnrun.learning.first_spike.settings import LOSSES, REGULARISERS, FirstSpikeRuleSettings
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.models.first_spike.net import FirstSpikeNet


class FirstSpikeRule(Rule):
    """Loss, bumping and weight limits for one network."""

    settings: FirstSpikeRuleSettings
    model: FirstSpikeNet

    def __init__(self, settings: FirstSpikeRuleSettings, model: FirstSpikeNet) -> None:
        super().__init__(settings, model)
        self.loss: TimesLoss = entry_of(LOSSES, settings.loss).load()(
            settings.loss, model.settings.tau_syn
        )
        self.regularisers = [
            entry_of(REGULARISERS, term).load()(term, model) for term in settings.regularisers
        ]
        self.bumper = Bumper(settings.bump) if settings.bump else None

    def step(self, x: Tensor, target: Tensor) -> Outcome:
        """Leave the gradients of a batch in the parameters, or bump a silent layer and leave none.

        Args:
            x: input spike times ``[batch, inputs]``, in units of tau_syn.
            target: labels ``[batch]``.
        """
        record = self.model(x, max_dw_norm=self.settings.max_dw_norm)
        activity = [Activity.of(times) for times in record.times]
        outcome = self._judge(record.times[-1], activity, target)
        bumped = self._bump(activity)
        outcome.statistics["bumped"] = float(bumped)
        if not bumped:
            outcome.loss.backward()  # type: ignore[no-untyped-call]
        return outcome

    @torch.no_grad()
    def evaluate(self, x: Tensor, target: Tensor) -> tuple[Outcome, Record]:
        """Return the outcome and the spike times of a batch; nothing learns."""
        record = self.model(x)
        activity = [Activity.of(times) for times in record.times]
        return self._judge(record.times[-1], activity, target), record

    def scores(self, record: Record) -> Tensor:
        """Return the scores ``[batch, classes]`` that a record stands for."""
        return self.loss.scores(record.times[-1])

    def constrain(self) -> None:
        """Bound the weights and keep the delays positive."""
        for layer in self.model.layers:
            layer.constrain(self.settings.max_weight)

    @torch.no_grad()
    def epoch_statistics(self) -> dict[str, float]:
        """Return mean, smallest and largest delay of every stage that delays spikes."""
        found = {}
        for name, stage in self.model.delays():
            delays = stage.effective()
            for of in (torch.mean, torch.min, torch.max):
                found[f"delays/{name}/{of.__name__}"] = float(of(delays))
        return found

    def recorder(self) -> LabelRecorder:
        """Return what sees a validation pass and makes the arrays that are kept of an epoch."""
        return LabelRecorder(self.model)

    def _judge(self, times: Tensor, activity: list[Activity], target: Tensor) -> Outcome:
        losses, judged = self.loss.samples(times, target)
        for term in self.regularisers:
            losses = losses + term(times, target)
        fired = {f"spikes/layer_{i}": 1 - layer.silent for i, layer in enumerate(activity)}
        scores = self.loss.scores(times.detach())
        return Outcome(mean_loss(losses, judged), scores, statistics=fired)

    def _bump(self, activity: list[Activity]) -> bool:
        if self.bumper is None:
            return False
        layers = self.model.layers
        limits = [layer.settings.max_missing_spikes for layer in layers]
        weights = [layer.weights for layer in layers]
        return self.bumper.bump(activity, weights, limits) is not None


build = FirstSpikeRule
