"""A model and a rule as other packages may bring them: batch norm, and state that counts."""

from typing import Any, ClassVar

import pytest
import torch
from torch import Generator, Tensor, nn

from snnrun.core.batch import Batch
from snnrun.core.capabilities import Capability
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.core.registry import Entry
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from snnrun.models.model import Model
from snnrun.models.settings import ModelSettings


class NormedSettings(ModelSettings):
    """Settings of :class:`Normed`."""

    offers: ClassVar = frozenset({Capability.GRADIENTS})

    def describe(self, inputs: int, classes: int) -> list[tuple[str, str, int]]:
        return [("readout", f"{inputs} x {classes}", inputs * classes)]


class Normed(Model):
    """Batch norm, weights that are never trained, and weights that are."""

    def __init__(self, settings: Any, inputs: int, classes: int, generator: Generator) -> None:
        super().__init__()
        self.settings = settings
        self.norm = nn.BatchNorm1d(inputs)
        drawn = (torch.randn(inputs, inputs, generator=generator) for _ in range(2))
        self.fixed, free = (nn.Parameter(each) for each in drawn)
        self.fixed.requires_grad_(False)
        self.weights = nn.Parameter(free[:, :classes].clone())

    def forward(self, x: Tensor, random: Random | None = None) -> Record:
        return Record(times=[self.norm(x) @ self.fixed @ self.weights])

    def scores(self, record: Record) -> Tensor:
        return -record.times[-1]


class CountingSettings(RuleSettings):
    """When :class:`Counting` is right: from so many updates on, up to so many."""

    needs: ClassVar = frozenset({Capability.GRADIENTS})
    first: int = 5
    last: int = 9


class Counting(Rule):
    """Its evaluation depends on nothing but how often the weights were updated."""

    updates: Tensor

    def __init__(self, settings: Any, model: Model) -> None:
        super().__init__(settings, model)
        self.register_buffer("updates", torch.tensor(0))
        self.register_buffer("level", torch.tensor([0.5, 1.5]))

    def step(self, batch: Batch) -> Outcome:
        scores = self.model.scores(self.model(batch.inputs, batch.random))
        loss = nn.functional.cross_entropy(scores, batch.targets)
        loss.backward()
        return Outcome(loss.detach(), scores.detach())

    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        record = self.model(batch.inputs, batch.random)
        right = self.settings.first <= self.updates.item() <= self.settings.last
        found = nn.functional.one_hot(batch.targets + (not right), 4)[:, :3].float()
        return Outcome(torch.tensor(1.0), found), record

    def constrain(self) -> None:
        self.updates += 1


class Owning(Counting):
    """A rule that takes a layer of the model in as its own."""

    def __init__(self, settings: Any, model: Model) -> None:
        super().__init__(settings, model)
        self.layer = model.get_submodule("norm")


class Keeping(Counting):
    """A rule that registers a tensor of the model as its own."""

    def __init__(self, settings: Any, model: Model) -> None:
        super().__init__(settings, model)
        self.register_buffer("seen", model.get_parameter("weights").data)


class Forgetting(Counting):
    """A rule that counts in a number which is no state, and learns by it."""

    seen = 0

    def step(self, batch: Batch) -> Outcome:
        self.seen += 1
        outcome = super().step(batch)
        for each in self.model.parameters():
            if each.grad is not None:
                each.grad *= self.seen
        return outcome


def plug(monkeypatch: pytest.MonkeyPatch, rule: str = "Counting") -> None:
    """Let configs name them: the model ``normed`` and the rule ``counting``."""
    here = f"{__name__}:"
    for table, name, entry in (
        (MODELS, "normed", Entry(NormedSettings, here + "Normed", "", "batch norm")),
        (RULES, "counting", Entry(CountingSettings, here + rule, "", "counts")),
    ):
        monkeypatch.setattr(table, "_known", {**table.known, name: entry})


def experiment(**train: Any) -> Experiment:
    """Five batches an epoch; the rule is right in the first epoch alone."""
    known = {"epochs": 3, "batch_size": 50, "live_plot": False, "tensorboard": False}
    return Experiment.model_validate(
        {
            "seed": 7,
            "data": {"name": "yin_yang", "sizes": {"train": 230, "validation": 60, "test": 70}},
            "encoder": {"name": "latency"},
            "model": {"name": "normed"},
            "learning": {"name": "counting"},
            "train": known | train,
        }
    )
