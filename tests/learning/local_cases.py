"""Small LIF networks and batches for the tests of local rules, in float64, at generic points."""

import torch

from snnrun.learning import RULES
from snnrun.models import MODELS
from tests import batches

STEPS, BATCH, INPUTS, CLASSES = 11, 5, 7, 4
MODEL = {
    "tau_mem": 9.0,
    "tau_syn": 3.0,
    "threshold": 0.8,
    "surrogate": {"name": "superspike", "sharpness": 0.9, "height": 0.7},
}
ONE = [{"size": 6, "gain": 1.3}]
TWO = [{"size": 6, "gain": 1.3}, {"size": 8, "threshold": 0.6, "tau_mem": 5.0, "gain": 1.6}]
SPIKES = {"name": "spikes", "threshold": 0.5, "gain": 2.0}
LINEAR = {"name": "linear", "gain": 1.5}
LEAKY = {"name": "leaky", "tau": 2.5, "skip": 2, "gain": 1.5}


def model_of(layers, readout, **changes):
    settings = MODELS["lif"].settings(layers=layers, readout=readout, **(MODEL | changes))
    generator = torch.Generator().manual_seed(3)
    return MODELS.entry_of(settings).load()(settings, INPUTS, CLASSES, generator)


def rule_of(name, model, **settings):
    torch.manual_seed(8)
    chosen = RULES[name].settings(**settings)
    return RULES.entry_of(chosen).load()(chosen, model)


def set_feedback(rule, *matrices):
    """Give a rule other feedback, as a checkpoint would."""
    named = {f"matrix_{index}": matrix for index, matrix in enumerate(matrices)}
    rule.feedback.load_state_dict(named)


def batch_of(constant, **place):
    """Input that is the same at every step, or spikes; and labels."""
    random = torch.Generator().manual_seed(5)
    labels = torch.randint(CLASSES, (BATCH,), generator=random)
    if constant:
        values = torch.rand(BATCH, INPUTS, generator=random, dtype=torch.float64)
        x = values.expand(STEPS, BATCH, INPUTS)
    else:
        drawn = torch.rand(STEPS, BATCH, INPUTS, generator=random, dtype=torch.float64)
        x = (drawn < 0.3).double()
    return batches.batch_of(x, labels, constant, **place)


def gradients(rule, batch):
    """The gradients that a step leaves, of every layer."""
    rule.step(batch)
    return [layer.weights.grad.clone() for layer in rule.model.stack]
