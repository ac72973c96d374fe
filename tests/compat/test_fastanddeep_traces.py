"""Training with the second generation's code, batch by batch: its config translated, then replayed.

The original adds 1e-6 to its sums, which moves spike times by up to 2e-6 and a Jacobian at a
grazing spike by more; the tolerances are about ten times what follows from that in these batches.
Which batches are bumped is equal throughout.
"""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.compat.fastanddeep.configs import translate
from snnrun.experiment import Experiment
from snnrun.learning.first_spike.bumping import NONE
from snnrun.learning.optimizers import build_optimizer
from snnrun.training.learner import build_learner
from tests.batches import batch_of
from tests.golden import golden
from tests.learning.test_first_spike_rule import update

#: Largest relative difference of a loss, and largest difference of a parameter at the end.
TOLERANCE = {
    "W_r2": (1e-5, 1e-5),
    "WA_r2": (1e-5, 1e-5),
    "WS_r1": (1e-5, 3e-5),
    "WD_clip_reg_r2": (1e-5, 1e-5),
    "weak_bumps": (1e-5, 1e-5),
    "hwAware_noiseless": (1e-5, 1e-5),
    "integrator_W_r2": (1e-5, 1e-5),
}


def slots(model):
    """Our parameters, in the order of the original's list of layers."""
    for layer in model.layers:
        yield from (delay.raw for delay in layer.delays)
        yield layer.weights


def arrays(data, prefix):
    """The original's, in the same order."""
    return [data[name] for name in sorted(data) if name.startswith(prefix)]


def code(bumped, layers, plain):
    """The bumped layer in the words of the original: -2 none, -1 the last, else its place."""
    if bumped == NONE:
        return -2
    listed = [i for i, each in enumerate(plain) if each["name"] == "NeuronLayer"]
    return -1 if bumped == len(layers) - 1 else listed[bumped]


@pytest.mark.parametrize("case", TOLERANCE)
def test_four_epochs_equal_the_original(case):
    data = golden(f"first_spike/trace_head_{case}")
    plain = json.loads(str(data["config"]))
    experiment = Experiment.model_validate(translate(plain).config)
    learner = build_learner(experiment)
    model, rule = learner.model, learner.rule
    for ours, theirs in zip(slots(model), arrays(data, "p0_"), strict=True):
        ours.data = torch.tensor(theirs)
    optimizer = build_optimizer(experiment.train.optimizer, learner.parameter_groups())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    inputs, labels = torch.tensor(data["X"]), torch.tensor(data["Y"])
    losses, bumped = [], []
    for order in torch.tensor(data["order"]):
        for chosen in order.split(experiment.train.batch_size):
            optimizer.zero_grad()
            loss, bump = update(rule, batch_of(inputs[chosen], labels[chosen]))
            optimizer.step()
            rule.constrain()
            losses.append(math.nan if bump else loss)
            layer = rule.bumper.layer.item()
            bumped.append(code(layer, model.layers, plain["network_layout"]["layers"]))
        scheduler.step()
    relative, absolute = TOLERANCE[case]
    np.testing.assert_array_equal(bumped, data["bump_code"])
    np.testing.assert_allclose(losses, data["loss"], rtol=relative)
    for ours, theirs in zip(slots(model), arrays(data, "p_end_"), strict=True):
        np.testing.assert_allclose(ours.detach(), theirs, rtol=0, atol=absolute)
