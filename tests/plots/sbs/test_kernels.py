"""Kernels: every weight at its place; of large layers, some that can be told apart."""

import numpy as np

from snnrun.plots import PLOTS
from snnrun.plots.sbs import kernels as sbs_kernels
from snnrun.plots.style import paper
from tests.plots.sbs.conftest import image


def test_of_a_large_layer_some_neurons_show_their_strongest_inputs(large):
    """Nothing could be seen of 96 x 64 kernels, 0.6 mm each."""
    with paper():
        figure = PLOTS["kernels"].draw(large)
    axes = figure.axes[1]
    assert axes.get_title() == (
        "hidden layer 2: 13 neurons, 4 strongest of 14 input channels each, 3 × 2"
    )
    values = sbs_kernels.kernels(large)["layers.2"]
    written = [text for text in axes.texts if text.get_text()]
    assert len(written) == 4 * 13
    for number, text in enumerate(written):
        neuron, rank = divmod(number, 4)
        shares = values[neuron].sum((1, 2))
        channel = int(text.get_text())
        assert (shares > shares[channel]).sum() == rank
        left, top = 3 * neuron, 2 + 5 * rank  # 2 rows for the number above 3 x 2 pixels
        shown = image(axes)[top : top + 3, left : left + 2]
        np.testing.assert_array_equal(shown, values[neuron, channel])
        column, row = text.get_position()
        assert left <= column <= left + 1
        assert top - 1 < row < top
    assert axes.get_xlabel() == "neuron"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(n) for n in range(13)]


def test_the_numbers_of_channels_touch_no_tile_and_no_title(large):
    with paper():
        figure = PLOTS["kernels"].draw(large)
        figure.draw_without_rendering()
    axes = figure.axes[1]
    (x0, y0, x1, y1), pixel = axes.bbox.extents, axes.bbox.height / len(image(axes))
    filled = np.isfinite(image(axes)).any(1)[::-1]  # rows of pixels, from the bottom
    for text in axes.texts:
        box = text.get_window_extent()
        assert x0 <= box.x0 < box.x1 <= x1
        assert y0 <= box.y0 < box.y1 <= y1
        rows = (np.array([box.y0, box.y1]) - y0) / pixel
        assert not filled[int(rows[0] + 0.2) : int(np.ceil(rows[1] - 0.2))].any()


def test_what_is_shown_of_a_layer_fits_the_print(large):
    """Tiles are at least 3 mm wide, numbers at least 5 points high."""
    with paper():
        figure = PLOTS["kernels"].draw(large)
        figure.draw_without_rendering()
    mm = 25.4 / figure.dpi
    for axes, width in zip(figure.axes, (3, 2), strict=False):
        assert axes.bbox.width * mm * width / image(axes).shape[1] > 3
    assert min(text.get_fontsize() for text in figure.axes[1].texts) >= 5


def test_kernels_are_the_columns_of_the_weights(network):
    found = sbs_kernels.kernels(network)
    assert list(found) == ["layers.0", "layers.2", "layers.3"]
    assert found["layers.2"].shape == (12, 6, 2, 3)
    weights = network.weights["layers.2.weights"]
    assert found["layers.2"][4, 5, 1, 2] == weights[(5 * 2 + 1) * 3 + 2, 4]


def test_the_panels_of_kernels(network, older):
    figure = PLOTS["kernels"].draw(network)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "hidden layer 1: 6 neurons, 1 × 3 × 2",
        "hidden layer 2: 12 neurons, 6 × 2 × 3",
        "label layer: 10 neurons, 12 × 2 × 4",
    ]
    first, second, last = sbs_kernels.kernels(network).values()
    np.testing.assert_array_equal(image(panels[0])[:3, :2], first[0, 0])
    grid, turned = image(panels[1]), image(panels[2])
    np.testing.assert_array_equal(grid[3:5, 8:11], second[2, 1])  # channels down, neurons across
    np.testing.assert_array_equal(turned[3:5, 10:14], last[1, 2])  # more channels than neurons
    signed = image(PLOTS["kernels"].draw(older).axes[0])
    off, on = sbs_kernels.kernels(older)["layers.0"][0]
    np.testing.assert_array_equal(signed[:3, :3], on - off)
