"""The local rule is the gradient of the squared part of the input that h does not explain."""

import torch

from snnrun.kernels.sbs.draw import as_rows
from snnrun.kernels.sbs.geometry import patch_rows
from snnrun.kernels.sbs.local import local_gradient
from tests.kernels.sbs.cases import draw_case, rand


def test_local_gradient_by_autograd():
    case = draw_case(41, dark=0.0).with_gradients()
    h = rand(torch.Generator().manual_seed(1), 3, 7, 3, 4)
    patches = patch_rows(case.x.detach(), case.geometry)
    missed = patches / patches.sum(1, keepdim=True) - as_rows(h) @ case.weights.T
    (wanted,) = torch.autograd.grad(missed.square().sum(), case.weights)
    found = local_gradient(case.x.detach(), case.weights.detach(), h, case.geometry)
    torch.testing.assert_close(found, wanted)


def test_a_last_layer_takes_the_wanted_output_in_place_of_h():
    case = draw_case(42, dark=0.0)
    random = torch.Generator().manual_seed(2)
    h, wanted = rand(random, 3, 7, 3, 4), rand(random, 3, 7, 3, 4)
    given = case.x, case.weights, h, case.geometry
    apart = local_gradient(*given, wanted) - local_gradient(*given)
    patches = patch_rows(case.x, case.geometry)
    missed = patches / patches.sum(1, keepdim=True) - as_rows(h) @ case.weights.T
    torch.testing.assert_close(apart, -2 * missed.T @ as_rows(wanted - h))
