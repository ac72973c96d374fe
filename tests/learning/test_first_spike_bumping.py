"""Weight bumping: by hand, and batch by batch against the original code."""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.learning.first_spike.bumping import Activity, Bumper
from snnrun.learning.first_spike.settings import BumpSettings
from tests.golden import golden

CODES = {-2: None, -1: 1, 0: 0}  # the original's: none, label layer, hidden layer 0


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
        assert bumper.bump(activity, weights, [0.3, 0.0]) == CODES[int(data["codes"][batch])]
        for layer in (0, 1):
            np.testing.assert_allclose(
                weights[layer], data[f"w{layer}_{batch + 1}"], rtol=0, atol=1e-15
            )


SILENT = Activity.of(torch.tensor([[1.0, math.inf, 2.0], [1.5, 0.5, 1.0]]))
AWAKE = Activity.of(torch.ones(2, 2))


def bump(bumper: Bumper, activity: list[Activity], limits=(0.1, 0.1)):
    weights = [
        torch.zeros(4, activity[0].fired.shape[1]),
        torch.zeros(3, activity[1].fired.shape[1]),
    ]
    return bumper.bump(activity, weights, limits), weights


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
    assert bump(bumper, [SILENT, AWAKE], (1 / 6, 0.0))[0] is None
    assert bump(bumper, [SILENT, AWAKE], (1 / 6 - 1e-9, 0.0))[0] == 0


def test_the_value_doubles_only_while_the_same_layer_is_bumped():
    bumper = Bumper(BumpSettings(value=0.5, exponential=True))
    values = []
    for layers in ([SILENT, AWAKE], [SILENT, AWAKE], [AWAKE, SILENT], [AWAKE, AWAKE],
                  [AWAKE, SILENT]):  # fmt: skip
        bump(bumper, layers)
        values.append(bumper.value.item())
    assert values == [0.5, 1.0, 0.5, 0.5, 0.5]
