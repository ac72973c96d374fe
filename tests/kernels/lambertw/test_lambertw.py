"""Lambert W: identity, scipy, the branch point, derivative; compiled against the twin."""

import numpy as np
import pytest
import torch
from scipy.special import lambertw as scipy_lambertw

from snnrun.kernels.lambertw import reference as twin
from snnrun.kernels.lambertw.function import lambertw, lambertw_op

BRANCHES = pytest.mark.parametrize("branch", [0, -1])
BRANCH_POINT = -np.exp(-1.0)


def points(branch, largest=300):
    """z over many decades, and close to the branch point."""
    below = np.concatenate([-np.logspace(-largest, -2, 400), np.linspace(-0.3678, -0.01, 999)])
    near = BRANCH_POINT + np.logspace(-15, -3, 200)
    above = np.logspace(-largest, largest, 800) if branch == 0 else []
    return np.concatenate([below, near, above])


def compute(z, branch, dtype=torch.float64):
    return lambertw(torch.as_tensor(z, dtype=dtype), branch).numpy().astype(float)


@BRANCHES
def test_it_inverts_w_exp_w(branch):
    z = points(branch)
    w = compute(z, branch)
    assert ((w >= -1) if branch == 0 else (w <= -1)).all()
    assert (abs(np.log(w / z) + w) <= 1e-15 * np.maximum(abs(w), 4)).all()


@BRANCHES
def test_it_equals_scipy_away_from_the_branch_point(branch):
    z = points(branch)
    z = z[z - BRANCH_POINT > 1e-3]
    np.testing.assert_allclose(compute(z, branch), scipy_lambertw(z, branch).real, rtol=1e-14)


@BRANCHES
def test_next_to_the_branch_point(branch):
    """W = -1 + p - p^2/3 + 11/72 p^3 - ..., p = +-sqrt(2 (1 + e z))."""
    step = 2.0 ** -np.arange(20, 48)
    rest = -1.2428753672788363e-17  # BRANCH_POINT is this much below -1/e
    p = np.sqrt(2 * np.e * (step + rest)) * (1 if branch == 0 else -1)
    series = p - p**2 / 3 + 11 / 72 * p**3 - 43 / 540 * p**4 + 769 / 17280 * p**5
    np.testing.assert_allclose(compute(BRANCH_POINT + step, branch), series - 1, rtol=3e-16)


@BRANCHES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_branch_point_and_domain(branch, dtype):
    point = torch.tensor(BRANCH_POINT, dtype=dtype)
    assert lambertw(point, branch).item() == -1
    outside = torch.nextafter(point, torch.tensor(-1.0, dtype=dtype))
    bad = [outside.item(), -1.0, -np.inf, np.nan] + ([0.1, np.inf] if branch else [])
    assert np.isnan(compute(bad, branch, dtype)).all()
    assert compute([0.0], branch, dtype).tolist() == [-np.inf if branch else 0.0]
    if branch == 0:
        assert compute([np.inf], branch, dtype).tolist() == [np.inf]


@BRANCHES
def test_compiled_matches_twin(compiled, branch):
    z = points(branch)
    w, slope = (x.numpy() for x in lambertw_op(torch.from_numpy(z), branch))
    expected = twin.value_and_slope(z, branch)
    np.testing.assert_allclose(w, expected[0], rtol=1e-15)
    np.testing.assert_allclose(slope, expected[1], rtol=1e-14)


@BRANCHES
def test_float32(branch):
    z = points(branch, largest=36).astype(np.float32)
    z = z[z > BRANCH_POINT + 1e-7].astype(float)
    expected = twin.lambertw(z, branch)
    np.testing.assert_allclose(compute(z, branch, torch.float32), expected, rtol=4e-7)


@BRANCHES
def test_gradient(branch):
    values = [-0.3678, -0.31, -0.2, -0.05, -1e-4] + ([0.0, 0.3, 4.0, 1e3] if branch == 0 else [])
    z = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    lambertw(z, branch).sum().backward()
    for at, slope in zip(values, z.grad.tolist(), strict=True):
        step = 1e-3 * min(abs(at) or 1.0, at - BRANCH_POINT)
        moved = twin.lambertw(at + step * np.array([1.0, -1.0, 2.0, -2.0]), branch)
        numeric = np.dot(moved, [8, -8, -1, 1]) / (12 * step)
        assert slope == pytest.approx(numeric, rel=1e-8)


def test_gradient_is_infinite_at_the_branch_point():
    z = torch.tensor(BRANCH_POINT, dtype=torch.float64, requires_grad=True)
    lambertw(z).backward()
    assert z.grad.item() == np.inf


def test_shapes_and_views():
    z = torch.rand(3, 4, 5, dtype=torch.float64)
    assert lambertw(z).shape == z.shape
    assert lambertw(z.mT).equal(lambertw(z).mT)
    assert lambertw(torch.tensor(1.0)).shape == ()
    assert lambertw(torch.rand(0, 3)).shape == (0, 3)


def test_registered_operator():
    z = torch.rand(4, dtype=torch.float64, requires_grad=True)
    found = torch.library.opcheck(lambertw_op, (z, 0))
    assert set(found.values()) == {"SUCCESS"}


def test_refusals():
    with pytest.raises(ValueError, match="branch 1 is not real"):
        lambertw(torch.ones(2), branch=1)
    with pytest.raises(TypeError, match="float32 or float64"):
        lambertw(torch.ones(2, dtype=torch.int64))
