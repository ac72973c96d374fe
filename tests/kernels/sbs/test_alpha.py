"""Weights of positions against their definition, written out."""

import torch

from snnrun.kernels.sbs.layer import Alpha, Geometry, alpha_weights, sbs
from snnrun.kernels.sbs.reference import pooling_weights
from tests.kernels.sbs.cases import draw_case


def written_out(h, weights, x, geometry, alpha):
    """alpha of one image, [X, Y]; x [channel, height, width]."""
    (size_x, size_y), (kernel, stride, dilation, _) = h.shape[1:], geometry
    places = [(p, q) for p in range(size_x) for q in range(size_y)]

    def pixels(p, q):
        for kx in range(kernel[0]):
            for ky in range(kernel[1]):
                yield kx, ky, p * stride[0] + kx * dilation[0], q * stride[1] + ky * dilation[1]

    seen = {(p, q): weights @ h[:, p, q] for p, q in places}
    found = {place: 1 / len(places) for place in places}
    for _ in range(alpha.iterations):
        total = sum(found[place] * seen[place] for place in places)
        explained = torch.zeros_like(x[0])
        for p, q in places:
            share = torch.nan_to_num(found[p, q] * seen[p, q] / total)
            for kx, ky, u, v in pixels(p, q):
                for c in range(len(x)):
                    explained[u, v] += share[(c * kernel[0] + kx) * kernel[1] + ky] * x[c, u, v]
        new = {
            (p, q): alpha.floor + sum(explained[u, v] for *_, u, v in pixels(p, q))
            for p, q in places
        }
        found = {place: value / sum(new.values()) for place, value in new.items()}
    return torch.tensor([[found[p, q] for q in range(size_y)] for p in range(size_x)])


def test_alpha_is_its_definition():
    geometry, alpha = Geometry((2, 3), (2, 1), (1, 1)), Alpha(3, 0.01)
    case = draw_case(21, (2, 3, 6, 7), geometry=geometry)
    case.weights[5] = 0  # an input that nothing explains
    h = sbs(**case.arguments())
    found = alpha_weights(h, case.weights, case.x, geometry, alpha)
    for image in range(2):
        wanted = written_out(h[image], case.weights, case.x[image], geometry, alpha)
        torch.testing.assert_close(found[image, 0], wanted.double())


def test_the_layer_gives_out_alpha_times_h():
    case = draw_case(22)
    h, alpha = sbs(**case.arguments()), Alpha(2)
    weighted = sbs(**case.arguments(), alpha=alpha)
    factor = alpha_weights(h, case.weights, case.x, case.geometry, alpha)
    torch.testing.assert_close(weighted, h * factor)
    torch.testing.assert_close(weighted.sum((1, 2, 3)), torch.ones(3, dtype=torch.float64))


def test_alpha_of_pooling_takes_its_weights():
    geometry = Geometry((2, 2), (2, 2))
    case = draw_case(23, (2, 3, 6, 4), geometry=geometry)
    h = torch.rand(2, 3, 3, 2, dtype=torch.float64)
    found, wanted = (
        alpha_weights(h, weights, case.x, geometry, Alpha(4))
        for weights in (None, pooling_weights(3, 4, case.x))
    )
    torch.testing.assert_close(found, wanted)
