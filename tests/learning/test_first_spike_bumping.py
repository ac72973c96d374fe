"""Weight bumping: by hand, and batch by batch against the original code."""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.core.position import Horizon, Position
from snnrun.learning.first_spike.bumping import NONE, PATIENCE, Activity, Bumper, Silence, foremost
from snnrun.learning.first_spike.settings import BumpSettings
from snnrun.training.learner import build_learner
from tests.batches import batch_of
from tests.golden import golden
from tests.tiny import experiment

CODES = {-2: NONE, -1: 1, 0: 0}  # the original's: none, label layer, hidden layer 0


def bump_once(bumper: Bumper, activity: list[Activity], weights, limits) -> int:
    """Let one batch be all of an update; return which layer was bumped."""
    silent = [layer.silent / layer.fired.size for layer in activity]
    layer = foremost(silent, limits)
    if layer == NONE:
        bumper.rest()
    else:
        bumper.bump(layer, weights[layer], activity[layer].missed)
    assert bumper.layer.item() == layer
    return layer


@pytest.mark.parametrize("case", ["exp0_targeted0", "exp0_targeted1", "exp1_targeted0",
                                  "exp1_targeted1"])  # fmt: skip
def test_nine_batches_equal_the_original(case):
    data = golden(f"first_spike/bump_old_{case}")
    config = json.loads(str(data["config"]))
    bumper = Bumper(
        BumpSettings(
            value=config["weight_bumping_value"],
            exponential=config["weight_bumping_exp"],
            targeted=config["weight_bumping_targeted"],
        )
    )
    weights = [torch.tensor(data["w0_0"]), torch.tensor(data["w1_0"])]
    for batch in range(9):
        activity = [Activity.of(torch.tensor(data[name][batch])) for name in ("hidden", "label")]
        assert bump_once(bumper, activity, weights, [0.3, 0.0]) == CODES[int(data["codes"][batch])]
        for layer in (0, 1):
            np.testing.assert_allclose(
                weights[layer], data[f"w{layer}_{batch + 1}"], rtol=0, atol=1e-15
            )


@pytest.mark.parametrize("updates", [1, 2])
def test_gradients_that_will_be_dropped_are_not_computed(tmp_path, updates):
    """Half of the work of batches that bump was for nothing, where each is an update of its own."""
    learner = build_learner(experiment(tmp_path, "model.layers.0.weights.mean=-9"))
    batch = batch_of(torch.rand(6, 4), torch.tensor([0, 1, 2, 0, 1, 2]))
    learner.train().rule.start_epoch(Position(), Horizon(epochs=1, batches=2, updates=updates))
    learner.rule.step(batch)
    computed = [each.grad is not None for each in learner.model.parameters()]
    assert computed == [updates == 1] * len(computed)
    with torch.no_grad():
        for layer in learner.model.layers:
            layer.weights.fill_(9.0)
    learner.rule.step(batch)
    assert all(each.grad is not None for each in learner.model.parameters())


SILENT = Activity.of(torch.tensor([[1.0, math.inf, 2.0], [1.5, 0.5, 1.0]]))
AWAKE = Activity.of(torch.ones(2, 2))


def bump(bumper: Bumper, activity: list[Activity], limits=(0.1, 0.1)):
    weights = [
        torch.zeros(4, activity[0].fired.shape[1]),
        torch.zeros(3, activity[1].fired.shape[1]),
    ]
    return bump_once(bumper, activity, weights, limits), weights


def test_who_stayed_silent_is_told():
    assert (SILENT.silent, SILENT.share) == (1, 5 / 6)
    assert SILENT.missed().tolist() == [0.0, 1.0, 0.0]
    assert SILENT.missed().dtype == torch.float64
    assert Activity.of(torch.full((4, 2), math.inf)).missed().tolist() == [1.0, 1.0]


def test_only_neurons_that_missed_a_spike_grow():
    layer, weights = bump(Bumper(BumpSettings(value=0.25, targeted=True)), [SILENT, AWAKE])
    assert layer == 0
    assert weights[0].tolist() == [[0, 0.25, 0]] * 4
    assert weights[1].count_nonzero() == 0


def test_only_the_foremost_layer_is_bumped():
    bumper = Bumper(BumpSettings(value=0.25, targeted=False))
    layer, weights = bump(bumper, [SILENT, SILENT])
    assert layer == 0
    assert weights[0].eq(0.25).all()
    assert weights[1].count_nonzero() == 0


def test_a_share_at_the_limit_is_accepted():
    bumper = Bumper(BumpSettings())
    assert bump(bumper, [SILENT, AWAKE], (1 / 6, 0.0))[0] == NONE
    assert bump(bumper, [SILENT, AWAKE], (1 / 6 - 1e-9, 0.0))[0] == 0


def test_the_value_doubles_only_while_the_same_layer_is_bumped():
    bumper = Bumper(BumpSettings(value=0.5, exponential=True))
    values = []
    for layers in ([SILENT, AWAKE], [SILENT, AWAKE], [AWAKE, SILENT], [AWAKE, AWAKE],
                  [AWAKE, SILENT]):  # fmt: skip
        bump(bumper, layers)
        values.append(bumper.value.item())
    assert values == [0.5, 1.0, 0.5, 0.5, 0.5]


def test_a_layer_that_nothing_wakes_is_named_once():
    """Of the foremost one, and only when nothing in it has spiked for so many updates in a row."""
    silence, said = Silence(), list[str]()
    for silent in [*[(0.9, 1.0)] * (PATIENCE - 1), (0.9, 0.99)]:
        silence.note(silent, said.append)
    for _ in range(PATIENCE):
        assert not said
        silence.note((0.9, 1.0, 1.0), said.append)
    for _ in range(2 * PATIENCE):
        silence.note((1.0, 1.0, 1.0), said.append)
    (text,) = said
    assert text.startswith("layer_1 is silent: no neuron spikes for any sample")
    assert "model.layers.1.weights" in text
