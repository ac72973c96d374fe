"""Rules and batches for the tests of learning in small Spike-By-Spike networks."""

from snnrun.core.batch import Batch
from snnrun.learning.sbs.rule import SbsRule
from snnrun.learning.sbs.settings import SbsRuleSettings
from tests.batches import random_of, updated
from tests.models.sbs_cases import BATCH, batch_of

PLAIN = {"gradient_scale": "none", "gradient_mean": False}


def rule_of(model, **settings):
    return SbsRule(SbsRuleSettings(dialect=model.settings.dialect, **settings), model)


def shown(samples=BATCH, own=slice(None), whole=0):
    """Some of so many samples; their spikes are theirs, in whatever batch they come."""
    x, labels = batch_of(samples)
    numbers = range(samples)[own]
    return Batch(x[own], labels[own], random_of(numbers), whole=whole or len(numbers))


def step(rule, batch):
    rule.model.zero_grad()
    return rule.step(batch)


def forward(model, batch):
    return model(batch.inputs, batch.random)


def gradients(rule, *batches):
    """The gradients that batches leave, which make one update together."""
    updated(rule, *batches)
    return [layer.weights.grad.clone() for _, layer in rule.model.weighted]
