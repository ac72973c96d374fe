"""Non-negative matrix factorisation: by hand, its objective, both gradients."""

import torch

from snnrun.kernels.sbs.geometry import patch_rows
from snnrun.kernels.sbs.gradients import Answer, with_gradient
from snnrun.kernels.sbs.layer import Geometry, StepSizes, sbs
from snnrun.kernels.sbs.nnmf import nnmf
from tests.kernels.sbs.cases import draw_case

ONE = Geometry((1, 1))


def test_one_step_by_hand():
    """h = 1/2, 1/2; I = 1/4, 3/4; R = 0.375, 0.625."""
    weights = torch.tensor([[0.25, 0.5], [0.75, 0.5]], dtype=torch.float64)
    x = torch.tensor([2.0, 6.0], dtype=torch.float64).view(1, 2, 1, 1)
    change = [
        0.5 * (0.25 * w0 / 0.375 + 0.75 * w1 / 0.625) for w0, w1 in ((0.25, 0.75), (0.5, 0.5))
    ]
    plain = nnmf(x, weights, geometry=ONE, iterations=1).flatten()
    torch.testing.assert_close(plain, torch.tensor(change).double())
    step = nnmf(x, weights, geometry=ONE, iterations=1, eps_0=0.5).flatten()
    torch.testing.assert_close(step, torch.tensor([(0.5 + 0.5 * c) / 1.5 for c in change]).double())


def distance(case, h):
    """Kullback-Leibler distance of the shares from what h explains, less a constant."""
    shares = torch.nn.functional.normalize(patch_rows(case.x, case.geometry), p=1, dim=1)
    explained = h.permute(0, 2, 3, 1).flatten(0, 2) @ case.weights.T
    return -(shares * explained.log()).sum().item()


def test_every_iteration_explains_the_input_better():
    case = draw_case(31, dark=0.0)
    h = [nnmf(case.x, case.weights, geometry=case.geometry, iterations=n) for n in range(8)]
    found = [distance(case, each) for each in h]
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] > 0.1
    torch.testing.assert_close(h[-1].sum(1), torch.ones_like(h[-1][:, 0]))


def test_many_small_steps_of_spikes_come_close():
    """The same h at the end as with spikes, up to their noise."""
    case = draw_case(32, (1, 2, 3, 4), dark=0.0, neurons=3)
    still = nnmf(case.x, case.weights, geometry=case.geometry, iterations=3000, eps_0=0.01)
    steps = StepSizes(1.0, torch.full((30000,), 0.001))
    given = case.arguments(torch.float32) | {"steps": steps, "eps_xy": None}
    assert (sbs(**given) - still).abs().max() < 0.05
    assert (still - 1 / 3).abs().max() > 0.3


def test_the_true_gradient():
    case = draw_case(33, (2, 1, 3, 3), neurons=3, dark=0.0, geometry=Geometry((2, 2)))
    leaves = case.x.clone().requires_grad_(), case.weights.clone().requires_grad_()

    def run(x, weights):
        return nnmf(x, weights, geometry=case.geometry, iterations=3, eps_0=0.7)

    assert torch.autograd.gradcheck(run, leaves)


def test_the_approximate_gradient_is_that_of_sbs_layers():
    case = draw_case(34).with_gradients()
    settings = {"geometry": case.geometry, "iterations": 4, "eps_0": 0.7}
    exact, h = nnmf(case.x, case.weights, **settings), nnmf(
        case.x, case.weights, **settings, approximate=True
    )  # fmt: skip
    assert torch.equal(exact, h)
    upstream = torch.rand_like(h)
    found = torch.autograd.grad(h, (case.x, case.weights), upstream)
    answer = Answer(h.detach(), case.geometry, 0.7, step_factor=False)
    again = with_gradient(case.x, case.weights, None, answer)
    wanted = torch.autograd.grad(again, (case.x, case.weights), upstream)
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    assert not torch.equal(torch.autograd.grad(exact, case.weights, upstream)[0], found[1])


def test_a_patch_of_zeros_leaves_h_even():
    x = torch.rand(2, 1, 4, 2)
    x[0, :, :2] = 0
    x.requires_grad_()
    weights = torch.rand(4, 5)
    h = nnmf(x, weights, geometry=Geometry((2, 2), (2, 2)), iterations=5)
    torch.testing.assert_close(h[0, :, 0, 0], torch.full((5,), 0.2))
    assert (h[0, :, 1, 0] - 0.2).abs().max() > 0.01
    assert torch.autograd.grad(h.square().sum(), x)[0].isfinite().all()
