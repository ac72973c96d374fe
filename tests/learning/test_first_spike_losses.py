"""Losses on spike times: by hand, by finite differences, and against the original codes."""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.learning.first_spike.losses import MSE, TTFS, TimeInvariantMSE
from snnrun.learning.first_spike.settings import (
    MSESettings,
    TimeInvariantMSESettings,
    TTFSSettings,
)
from snnrun.learning.outcome import predictions
from tests.golden import golden

INF = math.inf


def loss_of(config: dict, tau_syn: float, dialect: str):
    loss = config.get("loss", {"type": "TTFS", **config})
    if loss["type"] == "TTFS":
        return TTFS(TTFSSettings(**{key: loss[key] for key in ("xi", "alpha", "beta")}), tau_syn)
    if loss["type"] == "MSE":
        targets = {key: loss[key] for key in ("t_correct", "t_wrong")}
        return MSE(MSESettings(**targets, dialect=dialect), tau_syn)
    return TimeInvariantMSE(TimeInvariantMSESettings(delta_t=loss["delta_t"]), tau_syn)


KINDS = ["old_TTFS", "old_MSE", "head_MSE", "head_siMSE"]
CASES = [f"{kind}_{case}" for kind in KINDS for case in ("tau1", "tau1.5", "finite_tau1.5")]


@pytest.mark.parametrize("case", [*CASES, "head_siMSE_late_tau1.5"])
def test_loss_gradient_and_class_equal_the_original(case):
    data = golden(f"first_spike/loss_{case}")
    dialect = "fastanddeep" if case.startswith("old") else "delgrad"
    loss = loss_of(json.loads(str(data["config"])), float(data["tau_syn"]), dialect)
    times = torch.tensor(data["t"], requires_grad=True)
    value = loss(times, torch.tensor(data["y"]))
    value.backward()
    assert value.item() == pytest.approx(float(data["loss"]), rel=1e-13)
    np.testing.assert_allclose(times.grad, np.nan_to_num(data["dL_dt"]), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(predictions(loss.scores(times.detach())), data["selected"])


def test_ttfs_by_hand():
    # xi tau = 0.5: log(e^-2 + e^-4) + 2 + 0.1 e^(1/2) for t = (1, 2), class 0, beta tau = 2.
    loss = TTFS(TTFSSettings(xi=0.25, alpha=0.1, beta=1.0), tau_syn=2.0)
    value = loss(torch.tensor([[1.0, 2.0]]).double(), torch.tensor([0]))
    expected = math.log(math.exp(-2) + math.exp(-4)) + 2 + 0.1 * math.exp(0.5)
    assert value.item() == pytest.approx(expected, rel=1e-14)


def test_mse_by_hand():
    # Targets 1.7 tau and 1.0 tau with tau = 2; a silent neuron costs 100; mean over 2 x 2 neurons.
    loss = MSE(MSESettings(t_correct=1.7, t_wrong=1.0), tau_syn=2.0)
    value = loss(torch.tensor([[3.0, 2.5], [INF, 3.0]]).double(), torch.tensor([0, 1]))
    assert value.item() == pytest.approx((0.5 * (0.4**2 + 0.5**2 + 0.4**2) + 100) / 4, rel=1e-14)


def test_time_invariant_mse_by_hand():
    # Lag 0.2 tau = 0.4: the other neuron lags by 0.7, so 0.3 too much; a silent sample costs 100.
    loss = TimeInvariantMSE(TimeInvariantMSESettings(delta_t=0.2), tau_syn=2.0)
    times = torch.tensor([[1.0, 1.7], [1.0, INF]], dtype=torch.float64)
    value = loss(times, torch.tensor([0, 0]))
    assert value.item() == pytest.approx((0.5 * 0.3**2 + 100) / 2, rel=1e-14)


@pytest.mark.parametrize(
    "loss",
    [
        TTFS(TTFSSettings(xi=0.3, alpha=0.02, beta=0.7), 1.3),
        MSE(MSESettings(t_correct=1.1, t_wrong=0.4), 1.3),
        TimeInvariantMSE(TimeInvariantMSESettings(delta_t=0.15), 1.3),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_gradient_is_the_finite_difference(loss):
    times = torch.tensor([[0.7, 1.9, 1.2], [2.2, 0.4, 1.6]]).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda t: loss(t, torch.tensor([2, 0])), times)


@pytest.mark.parametrize("lag", [0.2, -0.2])
def test_time_invariant_class_is_first_or_last(lag):
    loss = TimeInvariantMSE(TimeInvariantMSESettings(delta_t=lag), 1.0)
    found = predictions(loss.scores(torch.tensor([[1.0, 0.5, 2.0], [INF, INF, INF]])))
    assert found.tolist() == [1 if lag > 0 else 2, -1]
