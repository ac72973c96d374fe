"""The step integrator: converges to the exact times, equals the originals', and its gradient."""

import json
import math

import numpy as np
import pytest
import torch

from snnrun.kernels.first_spike.given import with_exact_gradient
from snnrun.kernels.first_spike.integrator import integrated_spike_times
from snnrun.kernels.first_spike.times import first_spike_times
from tests.golden import golden


def draw(seed: int):
    rng = torch.Generator().manual_seed(seed)
    arrivals = torch.rand(4, 7, generator=rng, dtype=torch.float64) * 1.5
    weights = torch.randn(7, 5, generator=rng, dtype=torch.float64) + 0.8
    arrivals[1, 2] = math.inf
    return arrivals, weights


@pytest.mark.parametrize(("tau_mem", "g_leak", "ratio"), [(0.8, 0.7, 1), (1.6, 1.3, 2)])
def test_small_steps_converge_to_the_exact_times(tau_mem, g_leak, ratio):
    arrivals, weights = draw(3)
    exact = first_spike_times(
        arrivals, weights, tau_syn=0.8, ratio=ratio, threshold=(0.5 + 0.1) * g_leak
    )
    errors = []
    for step in (4e-3, 1e-3):
        found = integrated_spike_times(
            arrivals, weights, tau_syn=0.8, tau_mem=tau_mem, g_leak=g_leak, leak=-0.1,
            threshold=0.5, step=step, time=4.0,
        )  # fmt: skip
        both = exact.isfinite() & found.isfinite()
        assert both.float().mean() > 0.7
        assert torch.equal(exact.isfinite() & (exact < 3.9), found.isfinite())
        errors.append((exact - found)[both].abs().max().item())
    assert errors[1] < 0.3 * errors[0] < 0.3 * 0.05


@pytest.mark.parametrize("case", ["old_et", "head_r1", "head_r2"])
def test_times_and_gradients_equal_the_original(case):
    data = golden(f"first_spike/integrator_{case}")
    neuron = json.loads(str(data["params"]))
    ratio = round(neuron["tau_mem"] / neuron["tau_syn"])
    arrivals = torch.tensor(data["t_in"], requires_grad=True)
    weights = torch.tensor(data["w"], requires_grad=True)
    constants = {key: neuron[key] for key in ("tau_syn", "tau_mem", "g_leak", "leak", "threshold")}
    dialect = "fastanddeep" if case == "old_et" else "delgrad"
    times = integrated_spike_times(
        arrivals, weights, **constants, step=0.01, time=3.0, dialect=dialect
    )
    np.testing.assert_allclose(times, data["t_out"], rtol=0, atol=1e-12)
    level = (neuron["threshold"] - neuron["leak"]) * neuron["g_leak"]
    found = with_exact_gradient(
        times, arrivals, weights, tau_syn=neuron["tau_syn"], ratio=ratio, threshold=level
    )
    found.backward(torch.tensor(data["g_out"]))
    wrong = ~np.isfinite(data["dL_dw"])
    assert not wrong.any()
    np.testing.assert_allclose(weights.grad, data["dL_dw"], rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(arrivals.grad, data["dL_dtin"], rtol=2e-4, atol=2e-5)


def test_gradient_at_the_exact_time_is_the_exact_gradient():
    arrivals, weights = draw(5)
    grads = []
    for given in (False, True):
        a, w = arrivals.clone().requires_grad_(), weights.clone().requires_grad_()
        times = first_spike_times(a, w, tau_syn=0.9, ratio=1, threshold=0.6)
        if given:
            times = with_exact_gradient(times.detach(), a, w, tau_syn=0.9, ratio=1, threshold=0.6)
        times.nan_to_num(posinf=0.0).pow(2).sum().backward()
        grads.append((a.grad, w.grad))
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)
        assert one.count_nonzero() > 3


def test_a_late_or_absent_input_arrives_in_the_last_step():
    arrivals = torch.tensor([[0.0, 9.0, math.inf]], dtype=torch.float64)
    weights = torch.tensor([[3.0], [50.0], [50.0]], dtype=torch.float64)
    times = integrated_spike_times(
        arrivals, weights, tau_syn=1.0, tau_mem=1.0, g_leak=1.0, leak=0.0, threshold=0.5,
        step=0.01, time=2.0,
    )  # fmt: skip
    assert 0.1 < times.item() < 0.4
