"""First-spike times solve the membrane equation; their gradients are finite differences."""

import numpy as np
import pytest
import torch

from snnrun.kernels.first_spike.operator import first_spike_op
from snnrun.kernels.first_spike.times import first_spike_times

RATIOS = pytest.mark.parametrize("ratio", [1, 2])
KINDS = pytest.mark.parametrize("per_synapse", [False, True])
UNIT = {"tau_syn": 1.0, "threshold": 1.0}


def membrane(t, arrivals, weights, tau, ratio):
    """g_l (V - E_l) of one neuron at the times t: the sum of the kernels of its inputs."""
    came = np.isfinite(arrivals)
    s = np.maximum(np.expand_dims(t, -1) - arrivals[came], 0) / tau
    kernel = s * np.exp(-s) if ratio == 1 else np.exp(-s / 2) - np.exp(-s)
    return kernel @ weights[came]


def tensors(case, dtype=torch.float64):
    """Arrivals and weights of a case, ready for gradients, and the constants."""
    values = (case.arrivals, case.weights)
    both = [torch.tensor(x, dtype=dtype, requires_grad=True) for x in values]
    constants = {"tau_syn": case.tau_syn, "ratio": case.ratio, "threshold": case.threshold}
    return both, constants


def column(case, b, m):
    """Arrival times and weights of neuron m in sample b."""
    arrivals = case.arrivals[b] if case.arrivals.ndim == 2 else case.arrivals[b, :, m]
    return arrivals, case.weights[:, m]


def gradients(case, **options):
    (arrivals, weights), constants = tensors(case)
    times = first_spike_times(arrivals, weights, **constants, **options)
    times.backward(torch.from_numpy(case.upstream))
    return arrivals.grad.numpy(), weights.grad.numpy()


def single(times, weights, **options):
    """Times [inputs] and weights [inputs] as a layer of one sample and one neuron."""
    arrivals = torch.tensor([times], dtype=torch.float64, requires_grad=True)
    column = torch.tensor(weights, dtype=torch.float64)[:, None].requires_grad_()
    return arrivals, column, first_spike_times(arrivals, column, **{**UNIT, **options})


def test_ratio_1_by_hand():
    # w u e^-u = 1 at u = 1/2 for w = 2 sqrt(e); dT/dw = -u / (w (1 - u)) = -1/w; dT/dt = 1.
    weight = 2 * np.exp(0.5)
    arrivals, weights, times = single([0.3], [weight], ratio=1)
    times.sum().backward()
    np.testing.assert_allclose(times.item(), 0.8, rtol=1e-14)
    np.testing.assert_allclose(weights.grad.item(), -1 / weight, rtol=1e-13)
    np.testing.assert_allclose(arrivals.grad.item(), 1.0, rtol=1e-13)


def test_ratio_2_by_hand():
    # w (x - x^2) = 1 with x = e^(-u/2) = 2/3 for w = 9/2, so T = t - 2 ln(2/3).
    # dT/dw = -(x - x^2) / V' with V' = w (x^2 - x/2) = 1/2: -4/9.
    _, weights, times = single([0.3], [4.5], ratio=2)
    times.sum().backward()
    np.testing.assert_allclose(times.item(), 0.3 - 2 * np.log(2 / 3), rtol=1e-14)
    np.testing.assert_allclose(weights.grad.item(), -4 / 9, rtol=1e-13)


@RATIOS
@KINDS
@pytest.mark.parametrize("seed", range(4))
def test_membrane_meets_the_threshold_and_not_before(seed, ratio, per_synapse, draw_case):
    case = draw_case(seed, ratio, per_synapse, batch=5, pre=9, post=4)
    (arrivals, weights), constants = tensors(case)
    times = first_spike_times(arrivals, weights, **constants).detach().numpy()
    assert np.isfinite(times).any()
    for (b, m), time in np.ndenumerate(times):
        inputs = *column(case, b, m), case.tau_syn, ratio
        if np.isfinite(time):
            np.testing.assert_allclose(membrane(time, *inputs), case.threshold, rtol=1e-12)
        until = min(time, 8 * case.tau_syn)
        grid = np.linspace(-1.5 * case.tau_syn, until, 2000, endpoint=False)
        assert membrane(grid, *inputs).max() < case.threshold * (1 + 1e-12)


def fourth_order(f, x, index, step):
    """4th-order central difference of f along one entry of x."""

    def at(distance):
        moved = x.copy()
        moved[index] += distance * step
        return f(moved)

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


@RATIOS
@KINDS
def test_gradients_are_finite_differences(ratio, per_synapse, draw_case):
    case = draw_case(11, ratio, per_synapse, batch=3, pre=6, post=4)
    rng = np.random.default_rng(5)
    arrivals = rng.uniform(0, 2, case.arrivals.shape) * case.tau_syn  # no ties: they are kinks
    case = case._replace(arrivals=arrivals)
    case = case._replace(
        upstream=np.where(case.steady() & np.isfinite(case.times()), case.upstream, 0)
    )
    assert np.count_nonzero(case.upstream) > 6

    def loss(**changed):
        times = case._replace(**changed).times()
        return np.sum(case.upstream * np.where(case.upstream != 0, times, 0))

    for name, found in zip(("arrivals", "weights"), gradients(case), strict=True):
        point = getattr(case, name)
        for index in np.ndindex(*point.shape):
            numeric = fourth_order(lambda x, name=name: loss(**{name: x}), point, index, 1e-4)
            np.testing.assert_allclose(found[index], numeric, atol=1e-7)


def test_tied_inputs_count_as_one():
    split = single([0.2, 0.2, 0.6], [1.0, 1.5, 2.0], ratio=1)[2]
    joint = single([0.2, 0.6], [2.5, 2.0], ratio=1)[2]
    np.testing.assert_allclose(split.item(), joint.item(), rtol=1e-14)


@RATIOS
def test_absent_inputs_do_nothing(ratio):
    arrivals, weights, times = single([np.inf, 0.1, np.inf], [7.0, 5.0, -3.0], ratio=ratio)
    alone = single([0.1], [5.0], ratio=ratio)[2]
    times.sum().backward()
    assert times.item() == alone.item()
    assert weights.grad[[0, 2]].eq(0).all()
    assert arrivals.grad[0, [0, 2]].eq(0).all()


@RATIOS
@pytest.mark.parametrize("times", [[np.inf, np.inf], [0.1, 0.4]])
def test_silence(ratio, times):
    arrivals, weights, spikes = single(times, [0.2, -0.1], ratio=ratio)
    spikes.sum().backward()
    assert spikes.item() == np.inf
    assert not weights.grad.any()
    assert not arrivals.grad.any()


@RATIOS
def test_later_inputs_have_no_influence(ratio):
    _, weights, times = single([0.0, 5.0], [6.0, 9.0], ratio=ratio)
    times.sum().backward()
    assert times.item() < 5
    assert weights.grad[1].item() == 0


@KINDS
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("gap", [np.inf, 400.0])
def test_a_membrane_far_below_rest_never_spikes(dtype, per_synapse, gap):
    """At the last input the current is 1.3 thresholds, but V + I < 0, so V stays below 0 for ever.

    Compiled, such a neuron spiked at that input: (V + I)^2 > 4 I c holds for both signs of V + I.
    """
    arrivals = torch.tensor([[0.0, 1.0, 1.0 + gap]], dtype=dtype)
    weights = torch.tensor([[-40.0], [16.0], [0.0]], dtype=dtype)
    arrivals = arrivals[:, :, None] if per_synapse else arrivals
    times = first_spike_times(arrivals, weights, ratio=2, **UNIT)
    assert times.item() == np.inf


@RATIOS
def test_inputs_far_apart(ratio):
    """Exponents are taken from one input to the next, so nothing overflows, in float32 neither."""
    arrivals = torch.tensor([[0.0, 300.0]])
    weights = torch.tensor([[0.5], [6.0]])
    times = first_spike_times(arrivals, weights, ratio=ratio, **UNIT)
    alone = first_spike_times(arrivals[:, 1:], weights[1:], ratio=ratio, **UNIT)
    assert times.item() == pytest.approx(alone.item(), abs=1e-4)


def test_nan_upstream_counts_as_zero(draw_case):
    case = draw_case(3, 1, batch=4, pre=5, post=3)
    holes = case.upstream.copy()
    holes[::2] = np.nan
    found = gradients(case._replace(upstream=holes))
    expected = gradients(case._replace(upstream=np.nan_to_num(holes)))
    assert expected[1].any()
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@RATIOS
def test_max_dw_norm_drops_weights_not_arrivals(ratio, draw_case):
    case = draw_case(4, ratio, batch=1, pre=6, post=5)
    free = gradients(case)
    largest = abs(free[1]).max(axis=0)  # one sample, so this is each neuron's own
    limit = np.median(largest[largest > 0]) * 1.0001
    limited = gradients(case, max_dw_norm=limit)
    np.testing.assert_array_equal(limited[1], np.where(largest > limit, 0, free[1]))
    assert (largest > limit).any()
    np.testing.assert_array_equal(limited[0], free[0])


@RATIOS
def test_noisy_thresholds(ratio, draw_case):
    """Each entry is reached in the forward pass; the gradient takes the nominal one."""
    case = draw_case(8, ratio, batch=3, pre=7, post=4)
    (arrivals, weights), constants = tensors(case)
    noise = torch.tensor(case.threshold * np.linspace(0.9, 1.1, 12).reshape(3, 4))
    constants.pop("threshold")
    noisy = first_spike_times(arrivals, weights, threshold=noise, **constants)
    for index, level in np.ndenumerate(noise.numpy()):
        expected = case._replace(threshold=level).times()[index]
        np.testing.assert_allclose(noisy[index].item(), expected, rtol=1e-12)
    own = torch.autograd.grad(noisy.nan_to_num(posinf=0).sum(), weights)[0]
    noisy = first_spike_times(
        arrivals, weights, threshold=noise, nominal_threshold=case.threshold, **constants
    )
    nominal = torch.autograd.grad(noisy.nan_to_num(posinf=0).sum(), weights)[0]
    assert not torch.allclose(own, nominal)


def test_thresholds_that_are_not_positive_are_never_crossed():
    level = torch.tensor([[0.0, -1.0, float("nan"), 1.0]], dtype=torch.float64)
    arrivals = torch.zeros(1, 1, dtype=torch.float64)
    weights = torch.full((1, 4), 5.0, dtype=torch.float64)
    times = first_spike_times(arrivals, weights, tau_syn=1.0, ratio=1, threshold=level)
    assert times.isinf().tolist() == [[True, True, True, False]]


@KINDS
def test_views_give_what_copies_give(per_synapse, draw_case):
    case = draw_case(2, 1, per_synapse, batch=4, pre=6, post=3)
    (arrivals, weights), constants = tensors(case)
    strided = arrivals.mT.contiguous().mT if per_synapse else arrivals.T.contiguous().T
    assert not strided.is_contiguous()
    expected = first_spike_times(arrivals, weights, **constants)
    found = first_spike_times(strided, weights.T.contiguous().T, **constants)
    assert found.equal(expected)


@pytest.mark.parametrize("sizes", [(0, 3, 2), (2, 0, 3), (2, 3, 0)])
def test_empty_sizes(sizes):
    batch, pre, post = sizes
    arrivals = torch.rand(batch, pre, requires_grad=True)
    weights = torch.rand(pre, post, requires_grad=True)
    times = first_spike_times(arrivals, weights, ratio=1, **UNIT)
    times.sum().backward()
    assert times.shape == (batch, post)
    assert not times.isfinite().any()
    assert not weights.grad.any()


BAD = {
    "pre": ({"weights": torch.ones(4, 2)}, ValueError, r"\[2, 3\] and \[4, 2\]"),
    "post": ({"arrivals": torch.ones(2, 3, 5)}, ValueError, r"\[2, 3, 5\] and \[3, 2\]"),
    "dims": ({"arrivals": torch.ones(3)}, ValueError, r"\[batch, pre\]"),
    "dtype": ({"weights": torch.ones(3, 2, dtype=torch.float64)}, TypeError, "float32"),
    "integers": ({"arrivals": torch.ones(2, 3, dtype=torch.int64)}, TypeError, "int64"),
    "ratio": ({"ratio": 3}, ValueError, "ratio must be 1 or 2"),
    "tau": ({"tau_syn": 0.0}, ValueError, "tau_syn must be positive"),
    "threshold": ({"threshold": torch.ones(2, 3)}, ValueError, r"\[batch, post\] = \[2, 2\]"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name):
    change, error, message = BAD[name]
    good = {"arrivals": torch.ones(2, 3), "weights": torch.ones(3, 2), "ratio": 1, **UNIT}
    with pytest.raises(error, match=message):
        first_spike_times(**{**good, **change})


def test_second_derivatives_are_refused():
    _, weights, times = single([0.0], [5.0], ratio=1)
    (slope,) = torch.autograd.grad(times.square().sum(), weights, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


@RATIOS
def test_registered_operator(ratio, draw_case):
    """The operator is sound, and what torch.compile traces gives the same gradients."""
    case = draw_case(6, ratio, batch=3, pre=5, post=4)
    (arrivals, weights), constants = tensors(case)
    case = case._replace(upstream=np.where(np.isfinite(case.times()), case.upstream, 0))
    values = (None, case.threshold, None, case.tau_syn, ratio, None)
    found = torch.library.opcheck(first_spike_op, (arrivals, weights, *values))
    assert set(found.values()) == {"SUCCESS"}
    traced = torch.compile(first_spike_times, backend="aot_eager", fullgraph=True)
    traced(arrivals, weights, **constants).backward(torch.from_numpy(case.upstream))
    for found, expected in zip((arrivals, weights), gradients(case), strict=True):
        np.testing.assert_allclose(found.grad.numpy(), expected, rtol=1e-9, atol=1e-12)
