"""The gradient of SbS layers is that of one averaged step at the final h."""

import pytest
import torch
from torch import Tensor

from snnrun.kernels.sbs.draw import as_rows
from snnrun.kernels.sbs.geometry import fold_rows, patch_rows
from snnrun.kernels.sbs.layer import Alpha, Geometry, sbs, sbs_pooling
from tests.kernels.sbs.cases import draw_case, rand


def averaged_step(shares: Tensor, weights: Tensor, h: Tensor, e: Tensor) -> Tensor:
    """h after a step in which all inputs spike at once, each by its share, [populations, N]."""
    mixed = h[:, None] * weights  # [populations, S, N]
    pull = (shares[..., None] * mixed / mixed.sum(2, keepdim=True)).sum(1)
    return (h + e * pull) / (1 + e)


@pytest.mark.parametrize("step_factor", [False, True])
@pytest.mark.parametrize("joint", [False, True])
def test_gradients_are_those_of_the_averaged_step(step_factor, joint):
    """By autograd; dL/dW has no factor e / (1 + e), dL/dx has it on demand."""
    case = draw_case(11, dark=0.0).with_gradients()
    given = case.arguments() | {"draw": case.draw._replace(joint=joint)}
    upstream = rand(torch.Generator().manual_seed(2), 3, 7, 3, 4) - 0.4
    h = sbs(**given, step_factor=step_factor)
    found = torch.autograd.grad(h, (case.x, case.weights, case.eps_xy), upstream)

    patches, final, g = patch_rows(case.x.detach(), case.geometry), as_rows(h), as_rows(upstream)
    shares = (patches / patches.sum(1, keepdim=True)).requires_grad_()
    e = 0.8 * case.eps_xy.reshape(-1, 1).repeat(3, 1)
    after = averaged_step(shares, case.weights, final.detach(), e)
    on_shares, on_eps = torch.autograd.grad(after, (shares, case.eps_xy), g)
    full = (e / (1 + e)).detach()
    on_patches = (full if step_factor else 1) * on_shares / full
    torch.testing.assert_close(found[0], fold_rows(on_patches, case.x.shape, case.geometry))
    torch.testing.assert_close(found[2], on_eps)
    on_weights = torch.zeros_like(case.weights)
    for p in range(len(shares)):
        one = slice(p, p + 1)
        after = averaged_step(
            shares[one].detach(), case.weights, final[one].detach(), e[p].detach()
        )
        on_weights += torch.autograd.grad(after, case.weights, g[one])[0] / full[p]
    torch.testing.assert_close(found[1], on_weights)


def test_gradient_of_eps_by_offset_takes_h_off_once_for_every_channel():
    """With shares I, quotients Q and pull h g by autograd of the steps for each place."""
    case = draw_case(12, eps="offset", dark=0.0).with_gradients()
    h = sbs(**case.arguments(), step_factor=True)
    upstream = rand(torch.Generator().manual_seed(3), *h.shape) - 0.4
    (found,) = torch.autograd.grad(h, case.eps_xy, upstream)
    patches = patch_rows(case.x.detach(), case.geometry)
    shares, g, final = (
        patches / patches.sum(1, keepdim=True),
        as_rows(upstream),
        as_rows(h.detach()),
    )
    mixed = final[:, None] * case.weights.detach()
    wanted = torch.zeros_like(case.eps_xy)
    for p in range(len(shares)):
        x, y = p // 4 % 3, p % 4
        for s in range(12):
            pull = mixed[p, s] / mixed[p, s].sum() * shares[p, s] - final[p]
            e = 0.8 * case.eps_xy[x, y, s % 6 // 2, s % 2].detach()
            wanted[x, y, s % 6 // 2, s % 2] += (pull * g[p]).sum() * 0.8 / (1 + e) ** 2
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("eps", [None, "place", "offset"])
@pytest.mark.parametrize("step_factor", [False, True])
@pytest.mark.parametrize("pooling", [False, True])
def test_single_precision_gives_the_same_gradients(eps, step_factor, pooling):
    """float32 runs compiled, float64 on the twin."""
    grads = []
    for kind in (torch.float64, torch.float32):
        case = draw_case(13, (4, 3, 6, 7), 37, eps=eps, dark=0.1).with_gradients()
        given = case.arguments(kind) | {"step_factor": step_factor}
        weights = given.pop("weights")
        h = sbs_pooling(**given) if pooling else sbs(weights=weights, **given)
        upstream = rand(torch.Generator().manual_seed(4), *h.shape).to(kind) - 0.4
        leaves = [t for t in (case.x, case.weights, case.eps_xy) if t is not None]
        grads.append(torch.autograd.grad(h, leaves, upstream, allow_unused=pooling))
    for one, other in zip(*grads, strict=True):
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5 * one.abs().max().item())


def test_only_what_asks_for_a_gradient_gets_one():
    case = draw_case(14)
    given = case.arguments() | {"weights": case.weights.clone().requires_grad_()}
    sbs(**given).sum().backward()
    assert given["weights"].grad is not None
    assert not sbs(**case.arguments()).requires_grad


def test_eps_by_input_has_no_gradient():
    case = draw_case(15, eps="input").with_gradients()
    h = sbs(**case.arguments())
    with pytest.raises(ValueError, match=r"eps_xy \[S, X, Y\] has no gradient"):
        h.sum().backward()


def test_alpha_passes_no_gradient_and_changes_none_but_that_of_eps():
    """dL/dW and dL/dx depend on ratios of h only."""
    case = draw_case(16).with_gradients()
    upstream = rand(torch.Generator().manual_seed(5), 3, 7, 3, 4) - 0.4
    leaves = (case.x, case.weights, case.eps_xy)
    plain, weighted = (
        torch.autograd.grad(sbs(**case.arguments(), alpha=alpha), leaves, upstream)
        for alpha in (None, Alpha(3))
    )
    torch.testing.assert_close(plain[0], weighted[0])
    torch.testing.assert_close(plain[1], weighted[1])
    assert (plain[2] - weighted[2]).abs().max() > 0.01 * plain[2].abs().max()


def test_the_same_gradients_for_any_batch_split():
    case = draw_case(17, (5, 2, 5, 6)).with_gradients()
    given, upstream = case.arguments(), rand(torch.Generator().manual_seed(6), 5, 7, 3, 4)
    whole = torch.autograd.grad(sbs(**given), (case.x, case.weights), upstream)
    total, parts = torch.zeros_like(whole[1]), []
    for a, b in ((0, 2), (2, 5)):
        x = case.x[a:b].detach().requires_grad_()
        h = sbs(**given | {"x": x, "draw": case.draw._replace(samples=case.draw.samples[a:b])})
        on_x, on_weights = torch.autograd.grad(h, (x, case.weights), upstream[a:b])
        total += on_weights
        parts.append(on_x)
    torch.testing.assert_close(torch.cat(parts), whole[0])
    torch.testing.assert_close(total, whole[1])


def test_patches_and_their_adjoint():
    """<patches of x, y> = <x, fold of y> for all x and y."""
    random = torch.Generator().manual_seed(7)
    x, geometry = rand(random, 3, 2, 5, 6), Geometry((3, 2), (2, 1), (1, 2), (2, 1))
    rows = patch_rows(x, geometry)
    other = rand(random, *rows.shape)
    torch.testing.assert_close(
        (rows * other).sum(), (x * fold_rows(other, x.shape, geometry)).sum()
    )
