"""Small models and rules, as other people may bring them, that show what each contract promises."""

from typing import ClassVar

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from snnrun.extending import (
    Capability,
    Criterion,
    Entry,
    InputKind,
    Judged,
    ModelSettings,
    RuleSettings,
)
from snnrun.extending.parts import Model, Outcome, Record, Rule


class LinearSettings(ModelSettings):
    """Mean input times weights."""

    input_kind: ClassVar = InputKind.STEPS
    offers: ClassVar = frozenset({Capability.GRADIENTS})
    targets: ClassVar = ("gain",)

    def describe(self, inputs, classes):
        return [("out", f"[{inputs}, {classes}]", inputs * classes + classes)]


class Linear(Model):
    """A layer of torch, whose first weights come from the seed without our generator."""

    def __init__(self, settings, inputs, classes, generator):
        super().__init__()
        self.settings, self.gain = settings, 1.0
        self.out = nn.Linear(inputs, classes)
        self.register_buffer("shown", torch.zeros(()))

    def targets(self):
        return {"gain": (1.0, lambda value: setattr(self, "gain", value))}

    def forward(self, x, random=None):
        return Record(rates=[self.gain * self.out(x.mean(0))])

    def scores(self, record):
        return record.rates[-1]


class DescentSettings(RuleSettings):
    """Cross-entropy, differentiated by torch."""

    needs: ClassVar = frozenset({Capability.GRADIENTS})


class Descent(Rule):
    """Writes down what it is called for."""

    def __init__(self, settings, model):
        super().__init__(settings, model)
        self.calls = []
        self.register_buffer("calibrated", torch.zeros((), dtype=torch.int64))

    def step(self, batch):
        self.calls.append("step")
        scores = self.model.scores(self.model(batch.inputs, batch.random))
        loss = cross_entropy(scores, batch.targets, reduction="sum") / batch.whole
        loss.backward()
        return Outcome(loss.detach(), scores.detach())

    def intervene(self, totals):
        self.calls.append("intervene")
        return False

    def constrain(self):
        self.calls.append("constrain")

    def calibrate(self, batches):
        self.calls.append("calibrate")
        self.calibrated.fill_(sum(len(batch) for batch in batches()))

    def evaluate(self, batch):
        record = self.model(batch.inputs, batch.random)
        scores = self.model.scores(record)
        return Outcome(cross_entropy(scores, batch.targets), scores), record


class HebbSettings(RuleSettings):
    """Weights grow with input and true class, sample by sample; there is no loss."""

    changes: ClassVar = "weights"
    judged_by: ClassVar = Judged(Criterion("accuracy"), tie=None)


class Hebb(Rule):
    """After each sample, the weights of its class move towards its input."""

    @torch.no_grad()
    def step(self, batch):
        weights, right = self.model.out.weight, []
        for x, label in zip(batch.inputs.mean(0), batch.targets, strict=True):
            scores = weights @ x
            right.append(scores)
            weights[label] += 0.1 * (x - weights[label])
        return Outcome(None, torch.stack(right))

    def evaluate(self, batch):
        record = self.model(batch.inputs, batch.random)
        return Outcome(None, self.model.scores(record)), record


HERE = "tests.toy_parts:"
MODEL = Entry(LinearSettings, HERE + "Linear", summary="a layer")
DESCENT = Entry(DescentSettings, HERE + "Descent", summary="gradients")
HEBB = Entry(HebbSettings, HERE + "Hebb", summary="weights")

CONFIG = """
data: {name: digits}
encoder: {name: rate, steps: 2}
model: {name: toy_linear}
learning: {name: toy_descent}
train: {epochs: 3, batch_size: 100, optimizer: {name: sgd, lr: 0.5},
        live_plot: false, tensorboard: false}
"""
HEBBIAN = """
data: {name: digits}
encoder: {name: rate, steps: 2}
model: {name: toy_linear}
learning: {name: toy_hebb}
train: {epochs: 2, batch_size: 100, live_plot: false, tensorboard: false}
"""
