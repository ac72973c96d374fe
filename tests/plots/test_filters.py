"""The weights of the first layer as pictures."""

from types import SimpleNamespace

import numpy as np
import pytest

from snnrun.plots.steps.filters import draw, filters


def evaluation(shape, **weights):
    """What the figure reads of an evaluation, for input of a shape."""
    encoder = SimpleNamespace(output_shape=lambda _: shape)
    named = {name.replace("_", "."): values for name, values in weights.items()}
    return SimpleNamespace(
        experiment=SimpleNamespace(encoder=encoder, sample_shape=shape), weights=named
    )


def drawn(shape, **weights):
    (axes, *_) = draw(evaluation(shape, **weights)).axes
    return axes.images[0].get_array(), axes.get_title()


def test_kernels_of_the_first_convolution():
    kernels = np.random.default_rng(0).normal(size=(6, 1, 3, 3))
    others = np.ones((4, 6, 3, 3))
    image, title = drawn(
        (1, 8, 8), layers_10_weight=others, layers_0_bias=np.ones(6), layers_2_weight=kernels
    )
    assert title == "first layer: 6 filters, 3 × 3"
    assert image.shape == (3, 23)  # a row of six, a pixel apart
    np.testing.assert_array_equal(image[:, 20:], kernels[5, 0])


def test_weights_of_whole_images_lie_where_their_pixels_are():
    """Our LIF networks keep them as [inputs, neurons], torch's layers the other way round."""
    weights = np.arange(24.0).reshape(4, 6)
    for name, given in (("layers_0_weight", weights), ("layers_0_weights", weights.T)):
        found = filters(evaluation((1, 2, 3), **{name: given}))
        np.testing.assert_array_equal(found[1, 0], [[6, 7, 8], [9, 10, 11]])


def test_the_strongest_of_many_are_shown():
    weights = np.ones((130, 4))
    weights[::13] = 0
    image, title = drawn((1, 2, 2), layers_0_weight=weights)
    assert title == "first layer: 100 of 130 filters, 2 × 2"
    assert np.nanmin(image) == 1


def test_colours_and_events():
    kernels = np.random.default_rng(0).normal(size=(5, 3, 2, 2))
    image, _ = drawn((3, 8, 8), layers_0_weight=kernels)
    first = 0.5 + 0.5 * kernels[0].transpose(1, 2, 0) / np.abs(kernels[0]).max()
    np.testing.assert_allclose(image[:2, :2], first)
    image, _ = drawn((2, 8, 8), layers_0_weight=kernels[:, :2])
    np.testing.assert_allclose(image[:2, :2], kernels[0, 1] - kernels[0, 0])


@pytest.mark.parametrize(
    ("shape", "weights"),
    [
        ((7,), {"layers_0_weight": np.ones((3, 7))}),
        ((1, 2, 2), {"layers_0_weight": np.ones((3, 5))}),
        ((1, 2, 2), {"readout_weight": np.ones((3, 4))}),
        ((4, 2, 2), {"layers_0_weight": np.ones((3, 1, 1, 1))}),
        ((4, 1, 1), {"layers_0_weights": np.ones((4, 3))}),  # the mean of four inputs was shown
    ],
    ids=["vectors", "other inputs", "no layer", "single weights", "single pixels"],
)
def test_nothing_to_show(shape, weights):
    assert draw(evaluation(shape, **weights)) is None
