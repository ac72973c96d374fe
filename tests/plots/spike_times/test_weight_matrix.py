"""Weight matrices: every weight at its place, whatever the shape of the layer."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

from snnrun.plots import PLOTS
from snnrun.plots.spike_times.weight_matrix import Matrix, show
from snnrun.plots.style import paper, save


def at(axes, x, y):
    """What is shown at a point of the axes."""
    place = SimpleNamespace(**dict(zip("xy", axes.transData.transform((x, y)), strict=True)))
    inside = [image for image in axes.images if covers(image.get_extent(), x, y)]
    (image,) = inside
    return image.get_cursor_data(place)


def covers(extent, x, y):
    return min(extent[:2]) < x < max(extent[:2]) and min(extent[2:]) < y < max(extent[2:])


@pytest.mark.parametrize("shape", [(4, 7), (7, 4)])
def test_every_weight_is_at_its_place(shape):
    weights = np.random.default_rng(1).normal(size=(shape[0] + 2, shape[1]))
    axes = Figure().subplots()
    with paper():  # images of maps stand on their first row there
        show(axes, Matrix(weights[:-2], weights[-2:]))
    start, end = axes.images[1].get_extent()[0], axes.get_xlim()[1]
    band = (end - start) / 2
    places = [*(np.arange(shape[0]) + 0.5), start + band / 2, start + 1.5 * band]
    assert start > shape[0]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # as a matrix is written
    for row, place in enumerate(places):
        for neuron in range(shape[1]):
            assert at(axes, place, neuron + 0.5) == weights[row, neuron]
    names = {
        text.get_text(): tick
        for text, tick in zip(axes.get_xticklabels(), axes.get_xticks(), strict=True)
    }
    assert names["biases"] == pytest.approx(start + band)
    assert names["2"] == 2.5
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("input", "neuron")


def test_the_figure_shows_the_evaluated_epoch(evaluation, drawn):
    hidden, labels = drawn("weight_matrix").axes[:2]
    first, second = evaluation.weights["layers.0.weights"], evaluation.weights["layers.1.weights"]
    np.testing.assert_array_equal(hidden.images[0].get_array(), first[:4].T)
    np.testing.assert_array_equal(hidden.images[1].get_array(), first[4:].T)
    np.testing.assert_array_equal(labels.images[0].get_array(), second[:7].T)
    assert [text.get_text() for text in labels.get_yticklabels()] == ["yang", "yin", "dot"]
    assert hidden.get_title() == "hidden layer: 4 inputs + 2 biases → 7 neurons"
    for axes, weights in ((hidden, first), (labels, second)):
        assert {image.get_clim() for image in axes.images} == {axes.images[0].get_clim()}
        low, high = axes.images[0].get_clim()
        assert (low, high) == (-high, pytest.approx(np.percentile(np.abs(weights), 99.8)))


def network(*shapes, biases=1, image=None):
    """What the figure reads of an evaluation of layers of these shapes."""
    random = np.random.default_rng(0)
    weights = {f"layers.{i}.weights": random.normal(size=shape) for i, shape in enumerate(shapes)}
    layers = [SimpleNamespace(bias_times=np.zeros(biases)) for _ in shapes]
    seen = image or (shapes[0][0] - biases,)
    model = SimpleNamespace(layers=layers)
    experiment = SimpleNamespace(model=model, sample_shape=seen, encoder=None)
    classes = tuple(map(str, range(shapes[-1][1])))
    return SimpleNamespace(experiment=experiment, weights=weights, classes=classes)


DEEP = [(65, 64)] * 20
SHAPES = {"mnist": [(785, 350), (351, 10)], "wide": [(3073, 1000)], "one": [(5, 2)],
          "square": [(61, 60)] * 2 + [(61, 10)], "deep": [*DEEP, (65, 10)]}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_any_network_fits_a_page(name, tmp_path):
    figure = PLOTS["weight_matrix"].draw(network(*SHAPES[name]))
    width, height = 25.4 * figure.get_size_inches()
    assert width == pytest.approx(183)
    assert 30 < height < 240
    pdf, _ = save(figure, tmp_path, name)
    assert pdf.stat().st_size < (4_000_000 if name == "wide" else 400_000)


def test_every_layer_has_its_inputs_across_and_its_neurons_down():
    """The longer side lay along the page, so panels of one figure were transposed."""
    figure = PLOTS["weight_matrix"].draw(network((5, 30), (31, 3)))
    panels = [axes for axes in figure.axes if axes.get_title()]
    for axes, shape in zip(panels, [(4, 30), (30, 3)], strict=True):
        assert axes.get_xlabel().startswith("input")
        assert axes.get_ylabel() in ("neuron", "label neuron")
        assert axes.images[0].get_array().shape == shape[::-1]


def test_inputs_of_labels_are_sorted_by_what_they_drive_and_say_so():
    whole = network((5, 30), (31, 3))
    axes = PLOTS["weight_matrix"].draw(whole).axes[1]
    shown, weights = axes.images[0].get_array(), whole.weights["layers.1.weights"][:30].T
    assert axes.get_xlabel() == "input, sorted by the neuron that it drives most"
    assert (np.diff(shown.argmax(axis=0)) >= 0).all()
    assert sorted(map(tuple, shown.T)) == sorted(map(tuple, weights.T))


def test_what_sees_images_is_shown_as_images():
    """A matrix of 784 inputs was noise."""
    whole = network((65, 130), (131, 10), image=(1, 8, 8))
    axes = PLOTS["weight_matrix"].draw(whole).axes[0]
    weights = whole.weights["layers.0.weights"][:64].T
    strongest = np.sort(np.argsort(-np.abs(weights).sum(axis=1))[:100])
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert shown.shape == (5 * 9 - 1, 20 * 9 - 1)
    np.testing.assert_array_equal(shown[9:17, 18:26].ravel(), weights[strongest[22]])
    assert axes.get_title().startswith("hidden layer: 100 of 130 neurons")


def test_images_in_one_panel_of_many_fill_it():
    """They were two rows of twenty, a strip in a panel that is as high as wide."""
    whole = network((65, 40), (41, 30), (31, 20), (21, 10), image=(1, 8, 8))
    rows, columns = PLOTS["weight_matrix"].draw(whole).axes[0].images[0].get_array().shape
    assert (rows, columns) == (6 * 9 - 1, 7 * 9 - 1)


def test_a_bias_can_be_seen_beside_many_inputs():
    axes = PLOTS["weight_matrix"].draw(network((785, 350))).axes[0]
    start, end = axes.images[1].get_extent()[:2]
    assert 0.02 < (end - start) / end < 0.05


@pytest.mark.parametrize("size", [10, 33, 48, 64, 128, 784])
@pytest.mark.parametrize("biases", [1, 2])
def test_no_number_touches_the_word_bias(tmp_path, size, biases):
    """Of four layers, which are tiles, that of input 45 did."""
    shapes = [(size + biases, size)] * 3 + [(size + biases, 10)]
    figure = PLOTS["weight_matrix"].draw(network(*shapes, biases=biases))
    save(figure, tmp_path, "four")  # which lays it out
    figure.draw_without_rendering()
    for axes in figure.axes[:3]:
        *_, before, bias = (text.get_window_extent() for text in axes.get_xticklabels())
        assert axes.get_xticklabels()[-1].get_text().startswith("bias")
        assert bias.x0 - before.x1 > 0.3 * bias.height


def test_a_layer_without_biases_or_weights_is_drawn():
    axes = Figure().subplots()
    show(axes, Matrix(np.zeros((3, 2)), np.zeros((0, 2))))
    assert len(axes.images) == 1
    assert axes.images[0].get_clim() == (-1, 1)
    assert axes.get_xlim() == (0, 3)
