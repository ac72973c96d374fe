"""Compiled SbS layers against the readable twin: float32 runs on the one, float64 on the other."""

from contextlib import nullcontext

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snnrun.core.threads import threads
from snnrun.kernels.native import native
from snnrun.kernels.sbs.draw import as_rows, spike_rows
from snnrun.kernels.sbs.layer import Geometry, draw_spikes, sbs, sbs_pooling
from tests.kernels.sbs.cases import draw_case, on_both_sides, rand

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")


def pair(least, most):
    return st.tuples(st.integers(least, most), st.integers(least, most))


GEOMETRIES = st.builds(Geometry, pair(1, 3), pair(1, 3), pair(1, 2), pair(0, 2))
SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 7), st.integers(1, 7))


def case_of(seed, shape, geometry, joint, **options):
    try:
        geometry.output_size(shape[2], shape[3])
    except ValueError:
        assume(False)
    case = draw_case(seed, shape, geometry=geometry, **options)
    return case._replace(draw=case.draw._replace(joint=joint))


@settings(max_examples=100)
@given(
    seed=st.integers(0, 10**6),
    shape=SHAPES,
    geometry=GEOMETRIES,
    joint=st.booleans(),
    neurons=st.sampled_from([1, 2, 7, 16, 17, 31, 48, 65, 96, 128, 150]),
    steps=st.integers(0, 140),
    eps=st.sampled_from([None, "place", "offset", "input"]),
    forgetting=st.sampled_from([-1.0, 0.0, 0.3]),
    dark=st.sampled_from([0.0, 0.3, 0.95]),
)
def test_h_is_that_of_the_twin(seed, shape, geometry, joint, **options):
    case = case_of(seed, shape, geometry, joint, **options)
    torch.testing.assert_close(*on_both_sides(sbs, case), rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("neurons", [5, 40, 128, 150, 300])
@pytest.mark.parametrize("forgetting", [0.0, 0.3])
@pytest.mark.parametrize("eps", [None, "offset"])
def test_few_and_many_neurons_over_many_spikes(neurons, forgetting, eps):
    """Many neurons live in the cache instead of in registers; scales are taken back often."""
    case = draw_case(4, neurons=neurons, steps=400, forgetting=forgetting, eps=eps)
    torch.testing.assert_close(*on_both_sides(sbs, case), rtol=1e-4, atol=1e-7)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    shape=SHAPES,
    geometry=GEOMETRIES,
    joint=st.booleans(),
    steps=st.integers(0, 140),
    eps=st.sampled_from([None, "place", "offset", "input"]),
    forgetting=st.sampled_from([0.0, 0.3]),
)
def test_pooling_is_that_of_the_twin(seed, shape, geometry, joint, **options):
    case = case_of(seed, shape, geometry, joint, **options)

    def pooled(weights, **arguments):
        return sbs_pooling(**arguments)

    torch.testing.assert_close(*on_both_sides(pooled, case), rtol=3e-5, atol=1e-6)


@settings(max_examples=100)
@given(
    seed=st.integers(0, 10**6),
    shape=SHAPES,
    geometry=GEOMETRIES,
    joint=st.booleans(),
    steps=st.sampled_from([0, 1, 63, 64, 65, 300]),
    dark=st.sampled_from([0.0, 0.3, 0.95]),
)
def test_spikes_are_those_of_the_twin(seed, shape, geometry, joint, steps, dark):
    case = case_of(seed, shape, geometry, joint, steps=steps, dark=dark)
    found = as_rows(draw_spikes(case.x, geometry, steps, case.draw))
    with threads(1):
        assert torch.equal(found, spike_rows(case.x, geometry, steps, case.draw))


@pytest.mark.parametrize("inputs", [1, 3, 300, 5000])
def test_spikes_of_many_inputs_of_unequal_size(inputs):
    """Chances over twelve orders of magnitude, some 0: guide and scan must not miss a step."""
    random = torch.Generator().manual_seed(inputs)
    x = 10 ** -(12 * torch.rand(2, inputs, 1, 1, generator=random))
    x[:, ::3] *= torch.rand(2, len(range(0, inputs, 3)), 1, 1, generator=random) > 0.5
    case = draw_case(3, (2, 1, 1, 1), geometry=Geometry((1, 1)))
    found = as_rows(draw_spikes(x, case.geometry, 3000, case.draw))
    assert torch.equal(found, spike_rows(x, case.geometry, 3000, case.draw))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    shape=SHAPES,
    geometry=GEOMETRIES,
    neurons=st.sampled_from([1, 3, 16, 33, 70]),
    eps=st.sampled_from([None, "place", "offset"]),
    step_factor=st.booleans(),
)
def test_gradients_are_those_of_the_twin(seed, shape, geometry, neurons, eps, step_factor):
    case = case_of(seed, shape, geometry, False, neurons=neurons, eps=eps, dark=0.0, steps=20)
    found = []
    for kind in (torch.float32, torch.float64):
        leaves = case.with_gradients()
        with threads(1) if kind == torch.float64 else nullcontext():
            h = sbs(**leaves.arguments(kind), step_factor=step_factor)
            upstream = rand(torch.Generator().manual_seed(seed), *h.shape).to(kind) - 0.4
            wanted = [t for t in (leaves.x, leaves.weights, leaves.eps_xy) if t is not None]
            found.append(torch.autograd.grad(h, wanted, upstream))
    for compiled, twin in zip(*found, strict=True):
        most = 1e-5 * max(twin.abs().max().item(), 1.0)  # terms of unequal sign nearly cancel
        torch.testing.assert_close(compiled, twin, rtol=1e-3, atol=most)
