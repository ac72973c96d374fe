"""The first-spike layer against arrays made with the original code, fastAndDeep.

``*_exact`` was polished in extended precision from the original's equations without its epsilon
of 1e-6; the original's own gradients differ from ours by what that epsilon does.
"""

import json

import numpy as np
import pytest

from snnrun.kernels.first_spike import arrays
from snnrun.kernels.first_spike.arrays import Neuron
from tests.golden import golden

OLD = ["tiny", "yinyang", "inf_inputs", "ties", "nospike", "params", "strong"]
FILES = [f"old_{rule}_{case}" for rule in ("et", "dt") for case in OLD]
FILES += ["old_et_mixed", "old_dt_wide", "old_dt_grazing"]
EXACT = [f"head_r{ratio}_{case}" for ratio in (1, 2) for case in ("nospike", "tau")]
EXACT += ["head_r1_synaptic", "head_r2_inf"]
NOISY = ["head_r1_thrnoise", "head_r2_thrnoise"]
EPSILON = {"old_et_mixed": 6e-4}  # what 1e-6 in A and B does to a Jacobian at a grazing spike
DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def forward(data, dtype):
    """The layer of a golden file: level with the fixed-pattern offset, nominal without."""
    params = json.loads(str(data["params"]))
    nominal = (params["threshold"] - params["leak"]) * params["g_leak"]
    offset = data.get("threshold_fp", 0.0) * np.ones_like(data["t_out"])
    level = (nominal + offset * params["g_leak"]).astype(dtype)
    neuron = Neuron(params["tau_syn"], int(data["ratio"]), level, nominal)
    return arrays.forward(data["t_in"].astype(dtype), data["w"].astype(dtype), neuron, 1)


def gradients(data, cause, **changed):
    cause = cause._replace(neuron=cause.neuron._replace(**changed))
    return arrays.backward(cause, data["g_out"].astype(cause.times.dtype), (True, True), 1)


def exact_gradients(data):
    """From the exact Jacobians; nan in g_out counts as 0."""
    g = np.nan_to_num(data["g_out"], nan=0.0)[:, None, :]
    on_arrivals, on_weights = g * data["dTdt_exact"], g * data["dTdw_exact"]
    shared_times = data["t_in"].ndim == 2
    return on_arrivals.sum(axis=2) if shared_times else on_arrivals, on_weights.sum(axis=0)


@DTYPES
@pytest.mark.parametrize("name", FILES + EXACT + NOISY)
def test_times(name, dtype):
    data = golden(f"first_spike/{name}")
    tolerance = 1e-12 if dtype is np.float64 else 4e-6
    times = forward(data, dtype).times
    assert np.isfinite(times).any() == ("nospike" not in name)
    np.testing.assert_allclose(times, data["t_out_exact"], atol=tolerance)


@DTYPES
@pytest.mark.parametrize("name", FILES + EXACT)
def test_exact_gradients(name, dtype):
    data = golden(f"first_spike/{name}")
    found = gradients(data, forward(data, dtype))
    tolerance = 1e-11 if dtype is np.float64 else 1e-3 if name in EPSILON else 1e-5
    for one, other in zip(found, exact_gradients(data), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)


@pytest.mark.parametrize("name", FILES + EXACT + NOISY)
def test_gradients_of_the_original(name):
    """With noisy thresholds too: the original's gradient takes the nominal one, as ours does."""
    data = golden(f"first_spike/{name}")
    cause = forward(data, np.float64)
    tolerance = EPSILON.get(name, 2e-5)
    for one, other in zip(gradients(data, cause), ("dL_dtin", "dL_dw"), strict=True):
        np.testing.assert_allclose(one, data[other], atol=tolerance)


@pytest.mark.parametrize("name", FILES + EXACT + NOISY)
def test_max_dw_norm(name):
    data = golden(f"first_spike/{name}")
    cause = forward(data, np.float64)
    on_arrivals, on_weights = gradients(data, cause, max_dw_norm=float(data["max_dw_norm"]))
    np.testing.assert_allclose(on_weights, data["dL_dw_maxdw"], atol=1e-6)
    np.testing.assert_array_equal(on_arrivals, gradients(data, cause)[0])
