"""Gradient descent on exact first-spike times, with weight bumping for silent layers."""

from collections.abc import Callable, Sequence
from functools import cached_property

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.core.record import Record
from snnrun.learning.first_spike.bumping import NONE, Activity, Bumper, Silence, foremost
from snnrun.learning.first_spike.losses import TimesLoss, charged
from snnrun.learning.first_spike.recorder import LabelRecorder
from snnrun.learning.first_spike.settings import LOSSES, REGULARISERS, FirstSpikeRuleSettings
from snnrun.learning.outcome import Outcome, Totals
from snnrun.learning.rule import Rule
from snnrun.models.first_spike.net import FirstSpikeNet


class FirstSpikeRule(Rule):
    """Loss, bumping and weight limits for one network."""

    intervention = "bumped"

    settings: FirstSpikeRuleSettings
    model: FirstSpikeNet

    def __init__(self, settings: FirstSpikeRuleSettings, model: FirstSpikeNet) -> None:
        super().__init__(settings, model)
        self.loss: TimesLoss = LOSSES.entry_of(settings.loss).load()(
            settings.loss, model.settings.tau_syn
        )
        self.regularisers = [
            REGULARISERS.entry_of(term).load()(term, model) for term in settings.regularisers
        ]
        self.bumper = Bumper(settings.bump) if settings.bump else None
        self.silence = Silence()
        self._each_batch = False
        self._known: list[float] | None = None  # shares of an update that is one batch, seen whole
        self._sizes = [layer.settings.size for layer in model.layers]

    def start_epoch(self, at: Position, horizon: Horizon) -> None:
        """Remember whether each batch is an update of its own."""
        self._each_batch = horizon.updates == horizon.batches

    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the parameters.

        Args:
            batch: input spike times ``[batch, inputs]``, in units of tau_syn.
        """
        record = self.model(batch.inputs, batch.random, self.settings.max_dw_norm)
        activity = [Activity.of(times) for times in record.times]
        outcome = self._judge(record.times[-1], activity, batch)
        assert outcome.loss is not None
        losses = outcome.loss
        share = losses.sum() / batch.whole if batch.shared else losses.mean()
        self._known = None
        if self._each_batch and not batch.shared:
            self._known = self._shares([layer.silent for layer in activity], len(batch))
        if not self._known or foremost(self._known, self._limits) == NONE:  # else it will bump
            share.backward()  # type: ignore[no-untyped-call]
        outcome.loss = losses.detach().mean()
        return outcome

    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome and the spike times of a batch; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        activity = [Activity.of(times) for times in record.times]
        return self._judge(record.times[-1], activity, batch), record

    def sums(self) -> dict[str, int]:
        """Report silent (sample, neuron) pairs of each layer, and samples that a neuron missed."""
        missed = {f"missed/{i}": size for i, size in enumerate(self._sizes)}
        return {"silent": len(missed), **missed}

    def intervene(self, totals: Totals) -> bool:
        """Bump the foremost layer that is too silent and learns, instead of following gradients."""
        silent = self._known or self._shares(totals.sum("silent").tolist(), totals.samples)
        self._known = None  # a process without a share in the next batch takes no step
        layer = foremost(silent, self._limits)
        if self.bumper is None or layer == NONE:
            self.silence.note(silent, self.warn)
            if self.bumper:
                self.bumper.rest()
            return False
        weights = self.model.layers[layer].weights
        self.bumper.bump(layer, weights, lambda: totals.sum(f"missed/{layer}"))
        return True

    def _shares(self, silent: Sequence[float], samples: int) -> list[float]:
        """Return the share of silent (sample, neuron) pairs of each layer."""
        return [of / (samples * size) for of, size in zip(silent, self._sizes, strict=True)]

    @cached_property
    def _limits(self) -> list[float]:
        """The largest share that is accepted of each layer; any of one that cannot be bumped."""
        return [
            layer.settings.max_missing_spikes
            if self.bumper and layer.weights.requires_grad
            else 1.0
            for layer in self.model.layers
        ]

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

    def _judge(self, times: Tensor, activity: list[Activity], batch: Batch) -> Outcome:
        """Return the outcome of a batch, with the loss of each sample."""
        losses, judged = self.loss.samples(times, batch.targets)
        for term in self.regularisers:
            losses = losses + term(times, batch.targets)
        fired: dict[str, float] = {
            f"spikes/layer_{i}": layer.share for i, layer in enumerate(activity)
        }
        silent = [layer.silent for layer in activity]
        sums: dict[str, Callable[[], Tensor]] = {
            "silent": lambda: torch.tensor(silent, dtype=torch.float64),
            **{f"missed/{i}": layer.missed for i, layer in enumerate(activity)},
        }
        return Outcome(charged(losses, judged), self.loss.scores(times.detach()), fired, sums)


build = FirstSpikeRule
