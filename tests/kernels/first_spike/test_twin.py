"""The compiled first-spike layer against its readable twin; the same bits for all threads."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels.first_spike import arrays
from snnrun.kernels.first_spike import reference as twin
from snnrun.kernels.first_spike.arrays import Neuron

SEEDS = st.integers(0, 2**32 - 1)
RATIOS = st.sampled_from([1, 2])


def neuron_of(case, max_dw_norm=None):
    return Neuron(case.tau_syn, case.ratio, case.threshold, case.threshold, max_dw_norm)


def run(case, dtype=np.float64, threads=1, max_dw_norm=None, given_times=None):
    """Times and both gradients, compiled."""
    values = (case.arrivals.astype(dtype), case.weights.astype(dtype))
    neuron = neuron_of(case, max_dw_norm)
    if given_times is None:
        cause = arrays.forward(*values, neuron, threads)
    else:
        cause = arrays.cause_of_times(*values, given_times.astype(dtype), neuron, threads)
    upstream = case.upstream.astype(dtype)
    return cause.times, *arrays.backward(cause, upstream, (True, True), threads)


def expected(case, times, max_dw_norm=None):
    constants = (case.tau_syn, case.ratio, case.threshold, max_dw_norm)
    return twin.gradients(case.arrivals, case.weights, times, case.upstream, *constants)


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS, ratio=RATIOS, per_synapse=st.booleans())
def test_compiled_matches_twin(compiled, draw_case, seed, ratio, per_synapse):
    case = draw_case(seed, ratio, per_synapse)
    steady, times = case.steady(), case.times()
    case = case._replace(upstream=np.where(steady, case.upstream, 0))
    found = run(case)
    np.testing.assert_allclose(found[0][steady], times[steady], rtol=1e-11, atol=1e-11)
    times = np.where(steady, times, found[0])
    for one, other in zip(found[1:], expected(case, times), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, ratio=RATIOS, per_synapse=st.booleans())
def test_float32_is_close(compiled, draw_case, seed, ratio, per_synapse):
    case = draw_case(seed, ratio, per_synapse)
    round_off = (case.arrivals.astype("f4").astype("f8"), case.weights.astype("f4").astype("f8"))
    case = case._replace(arrivals=round_off[0], weights=round_off[1])
    steady, times = case.steady(step=1e-3), case.times()
    case = case._replace(upstream=np.where(steady, case.upstream, 0))
    found = run(case, np.float32)
    assert all(x.dtype == np.float32 for x in found)
    np.testing.assert_allclose(found[0][steady], times[steady], atol=3e-5 * case.tau_syn)
    times = np.where(steady, times, np.inf)
    for one, other in zip(found[1:], expected(case, times), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * max(1, abs(other).max(initial=0)))


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, ratio=RATIOS, per_synapse=st.booleans())
def test_times_from_elsewhere(compiled, draw_case, seed, ratio, per_synapse):
    """Times moved away from the crossing, as by noise or an integrator, keep their causes."""
    case = draw_case(seed, ratio, per_synapse)
    rng = np.random.default_rng(seed)
    times = case.times() + case.tau_syn * rng.normal(scale=0.1, size=case.upstream.shape)
    found = run(case, given_times=times)
    for one, other in zip(found[1:], expected(case, times), strict=True):
        scale = max(1.0, abs(other).max(initial=0))
        np.testing.assert_allclose(one / scale, other / scale, atol=1e-8)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, ratio=RATIOS, per_synapse=st.booleans())
def test_max_dw_norm_matches_twin(compiled, draw_case, seed, ratio, per_synapse):
    case = draw_case(seed, ratio, per_synapse)
    times = case.times()
    case = case._replace(upstream=np.where(case.steady(), case.upstream, 0))
    limit = 0.3 * case.tau_syn / case.threshold
    found = run(case, max_dw_norm=limit, given_times=times)
    for one, other in zip(found[1:], expected(case, times, limit), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ratio", [1, 2])
def test_tied_inputs(compiled, draw_case, ratio, dtype):
    """More than half of the inputs at the last time, as MNIST's background: summed at once."""
    case = draw_case(5, ratio, batch=9, pre=30, post=21)
    rng = np.random.default_rng(6)
    times = np.where(rng.random((9, 30)) < 0.25, rng.uniform(0, 1.9, (9, 30)), 2.0)
    case = case._replace(arrivals=times, tau_syn=1.0, weights=case.weights + 0.1)
    times, steady = case.times(), case.steady()
    assert (np.isfinite(times) & (times > 2)).any()
    case = case._replace(upstream=np.where(steady, case.upstream, 0))
    found, reference = run(case, dtype), expected(case, times)
    tolerance = 1e-10 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(found[0][steady], times[steady], rtol=tolerance)
    for one, other in zip(found[1:], reference, strict=True):
        np.testing.assert_allclose(one, other, atol=10 * tolerance)


@pytest.mark.parametrize("per_synapse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(compiled, draw_case, dtype, per_synapse):
    case = draw_case(7, 1, per_synapse, batch=300, pre=90, post=37)
    alone = run(case, dtype)
    for threads in (2, 3, 7):
        for one, other in zip(run(case, dtype, threads), alone, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_sample_does_not_depend_on_its_batch(compiled, draw_case):
    case = draw_case(9, 2, batch=21, pre=11, post=6)
    together = run(case, np.float32)[0]
    for b in range(21):
        one = case._replace(arrivals=case.arrivals[b : b + 1], upstream=case.upstream[b : b + 1])
        np.testing.assert_array_equal(run(one, np.float32)[0], together[b : b + 1])


LEVEL_SCRIPT = """
import sys
import numpy as np
from snnrun.kernels.first_spike import arrays
from snnrun.kernels.native import native
given = np.load(sys.argv[1])
found = {"level": native().cpu_level()}
for ratio in (1, 2):
    neuron = arrays.Neuron(1.0, ratio, 1.0, 1.0)
    cause = arrays.forward(given["arrivals"], given["weights"], neuron, 1)
    both = arrays.backward(cause, given["upstream"], (True, True), 1)
    found |= {f"{ratio}{name}": x for name, x in zip("tab", (cause.times, *both), strict=True)}
np.savez(sys.argv[2], **found)
"""


def run_level(level, folder, dtype):
    """The same layer in a process of its own, with SNNRUN_CPU set; None if it cannot run here."""
    out = folder / f"{level}.npz"
    command = [sys.executable, "-c", LEVEL_SCRIPT, folder / "given.npz", out]
    done = subprocess.run(command, env={**os.environ, "SNNRUN_CPU": level}, check=False)
    return dict(np.load(out)) if done.returncode == 0 else None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_cpu_level_agrees(compiled, tmp_path, dtype):
    rng = np.random.default_rng(3)
    given = {"arrivals": rng.uniform(0, 2, (13, 9)), "weights": rng.normal(1.0, 1.0, (9, 19))}
    given["upstream"] = rng.normal(size=(13, 19))
    np.savez(tmp_path / "given.npz", **{name: x.astype(dtype) for name, x in given.items()})
    baseline = run_level("baseline", tmp_path, dtype)
    assert baseline["level"] == "baseline"
    tolerance = 1e-10 if dtype is np.float64 else 2e-3
    for level in ("avx2", "avx512"):
        if (other := run_level(level, tmp_path, dtype)) is None:
            continue
        assert other.pop("level") == level
        for name, value in other.items():
            scale = max(1.0, abs(value[np.isfinite(value)]).max())
            np.testing.assert_allclose(value / scale, baseline[name] / scale, atol=tolerance)
