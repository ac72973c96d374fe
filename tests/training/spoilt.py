"""A rule whose numbers go wrong wherever certain samples are shown in certain epochs."""

import math
from typing import Any, ClassVar, Literal

import pytest

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.core.registry import Entry
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.learning.outcome import Outcome
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests.training import plugged

How = Literal["loss", "gradient", "square", "weights", "buffer"]


class SpoiltSettings(plugged.CountingSettings):
    """What goes wrong, and at which ``(epoch, sample)``."""

    parallel: ClassVar = True
    how: How = "loss"
    wrong: tuple[tuple[int, int], ...] = ()


class Spoilt(plugged.Counting):
    """Spoils the loss, a gradient, a weight or a buffer."""

    def start_epoch(self, at: Position, horizon: Horizon) -> None:
        samples = (sample for epoch, sample in self.settings.wrong if epoch == at.epoch)
        self.bad = set(samples)

    def step(self, batch: Batch) -> Outcome:
        outcome = super().step(batch)
        if not self.bad & set(batch.random.samples.tolist()):
            return outcome
        if self.settings.how == "loss":
            outcome.loss = outcome.loss * math.nan
        if self.settings.how == "gradient":
            self.model.norm.weight.grad[1] = math.inf
        if self.settings.how == "square":
            self.model.norm.weight.grad[1] = 1e25
        if self.settings.how == "weights":
            self.model.weights.data[0, 1] = -math.inf
        if self.settings.how == "buffer":
            self.model.norm.running_mean[0] = math.nan
        return outcome


def plug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let configs name the rule ``spoilt``."""
    plugged.plug(monkeypatch)
    entry = Entry(SpoiltSettings, f"{__name__}:Spoilt", "", "spoils numbers")
    monkeypatch.setattr(RULES, "_known", {**RULES.known, "spoilt": entry})


def experiment(*updates: int, how: How = "loss", **train: Any) -> Experiment:
    """Three epochs of five batches; those updates go wrong, numbered through the run."""
    clean = plugged.experiment(**train)
    order = samples_of(clean)
    each = math.ceil(len(order[0]) / clean.train.accumulate)  # updates of an epoch
    batches = [divmod(update, each) for update in updates]
    wrong = [(epoch, order[epoch][batch * clean.train.accumulate]) for epoch, batch in batches]
    rule = {"name": "spoilt", "how": how, "wrong": wrong}
    return Experiment.model_validate({**clean.model_dump(), "learning": rule})


def samples_of(clean: Experiment) -> list[list[int]]:
    """The first sample of each batch of each epoch."""
    found: list[list[int]] = [[] for _ in range(clean.train.epochs)]

    class Note(Watcher):
        def started(self, training: Training) -> None:
            for epoch, firsts in enumerate(found):
                for batch in training.train.epoch(epoch, 0):
                    firsts.append(int(batch.random.samples[0]))
            training.stop.reason = "enough"

    training = Training(clean, [Note()])
    with pytest.raises(Exception, match="enough"):
        training.start(None)
    return found


def trained(
    folder: Any, config: Experiment, *watchers: Watcher, left_out: tuple[int, ...] = ()
) -> RunDir:
    """A run folder after a training, of which some updates were left out from the start."""
    training, run = Training(config, watchers), RunDir.create(folder, "spoilt")
    run.write_experiment(config)
    trouble = training.recovery.trouble.model_copy(update={"left_out": left_out})
    training.recovery.trouble = trouble
    training.start(run)
    return run
