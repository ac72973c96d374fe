"""The figures of Spike-By-Spike networks show what was measured."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from snnrun.core.random import Random
from snnrun.encoders import build_encoder
from snnrun.evaluation.figures import fitting
from snnrun.plots import PLOTS, curves
from snnrun.plots.names import sbs_names
from snnrun.plots.sbs import kernels as sbs_kernels
from snnrun.plots.sbs import pictures as sbs_pictures
from snnrun.plots.sbs import prototypes as sbs_prototypes
from snnrun.plots.sbs.keys import scale_below
from snnrun.plots.style import new_figure, paper
from snnrun.runs.folder import RunDir
from tests.evaluation.networks import LIVE, sbs
from tests.evaluation.runs import changed, measured, saved

SPIKES = 37


def evaluate(folder, *layers):
    """An untrained network of the 8 x 8 digits, and all that is measured of it."""
    return measured(saved(folder, sbs(list(layers))))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return measured(saved(tmp_path_factory.mktemp("run"), sbs()))


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """A network of 2022: light and dark, pooling with spikes, step sizes by place."""
    return measured(saved(tmp_path_factory.mktemp("run"), LIVE["sbs of 2022"]()))


def image(axes) -> np.ndarray:
    return np.ma.filled(axes.images[0].get_array(), np.nan)


def test_the_figures_of_a_network_are_made_for_it(network):
    wanted = set(fitting(network.experiment))
    assert wanted == {"curves", "confusion", "weights", "kernels", "prototypes", "step_sizes",
                      "activities", "convergence", "spikes"}  # fmt: skip


# ---- pictures ----


@pytest.mark.parametrize("dialect", [2022, 2023])
@pytest.mark.parametrize("channels", [1, 3])
def test_light_and_dark_make_the_picture_that_was_split(older, dialect, channels):
    values = np.random.default_rng(0).random((4, channels, 5, 6))
    mean = tuple(values.mean((0, 2, 3)))
    code = older.experiment.encoder.model_copy(update={"dialect": dialect, "mean": mean})
    other = replace(older, experiment=older.experiment.model_copy(update={"encoder": code}))
    encoder = build_encoder(code, values.shape[1:])
    seen = encoder(encoder.prepare(torch.from_numpy(values)), Random.fresh(4)).numpy()
    shown, signed = sbs_pictures.picture(seen, other)
    level = np.array(mean if dialect == 2022 else [0.5] * channels)
    light = (2 if dialect == 2022 else 1) * (values - level[:, None, None])
    if channels == 1:
        assert signed
        np.testing.assert_allclose(shown, light[:, 0])
    else:
        assert not signed
        np.testing.assert_allclose(shown, 0.5 + 0.5 * np.moveaxis(light, 1, -1))


def test_tiles_stand_row_by_row():
    tiles = np.arange(5 * 2 * 3.0).reshape(5, 2, 3)
    found = sbs_pictures.montage(tiles, columns=2, gap=1)
    assert found.shape == (8, 7)
    np.testing.assert_array_equal(found[:2, 4:], tiles[1])
    np.testing.assert_array_equal(found[6:, :3], tiles[4])
    assert np.isnan(found[2]).all()
    assert np.isnan(found[6:, 3:]).all()


# ---- kernels ----


@pytest.mark.parametrize("module", [sbs_kernels, sbs_prototypes])
def test_rows_of_panels_are_as_high_as_their_images(network, module):
    """Every row had the same height, and wide images left most of theirs empty."""
    with paper():
        figure = module.draw(network)
    rows = rows_of(figure)
    page = figure.bbox.height
    ratios = np.array(figure.axes[0].get_gridspec().get_height_ratios())
    for (bottom, top), room in zip(rows, page * ratios / ratios.sum(), strict=True):
        assert top - bottom > 0.8 * room
    for (above, _), (_, below) in itertools.pairwise(rows):
        assert above > below
    assert rows[0][1] <= page
    assert rows[-1][0] >= 0


def rows_of(figure) -> list[tuple[float, float]]:
    """Lower and upper end of all that is drawn in each row of two panels, from the top on."""
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.images and axes.get_title()]
    boxes = [axes.get_tightbbox() for axes in panels]
    rows = [boxes[first : first + 2] for first in range(0, len(boxes), 2)]
    return [(min(box.y0 for box in row), max(box.y1 for box in row)) for row in rows]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A network whose second layer is too large to show all of it, over one that is not."""
    return evaluate(
        tmp_path_factory.mktemp("run"),
        {"name": "sbs", "neurons": 14, "kernel": 3},
        {"name": "max_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 13, "kernel": [3, 2]},
        {"name": "average_pooling", "kernel": [1, 2]},
        {"name": "sbs", "neurons": 10},
    )


def test_of_a_large_layer_some_neurons_show_their_strongest_inputs(large):
    """Nothing could be seen of 96 x 64 kernels, 0.6 mm each."""
    with paper():
        figure = PLOTS["kernels"].draw(large)
    axes = figure.axes[1]
    assert axes.get_title() == (
        "hidden layer 2: 10 of 13 neurons, 4 strongest\nof 14 input channels each, 3 × 2"
    )
    values = sbs_kernels.kernels(large)["layers.2"]
    written = [text for text in axes.texts if text.get_text()]
    assert len(written) == 40
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
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list("0123456789")


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


@pytest.mark.parametrize("name", ["kernels", "prototypes"])
def test_every_panel_has_a_key(large, name):
    with paper():
        figure = PLOTS[name].draw(large)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == 3 - (name == "prototypes")
    for axes in panels:
        (key,) = axes.child_axes
        assert key.get_xlabel().startswith("p(")
        low, high = axes.images[0].get_clim()
        assert key.get_xlim() == (low, high)


def test_small_numbers_of_a_key_are_in_powers_of_ten():
    figure = new_figure(89, 50)
    shown = sbs_pictures.show(figure.subplots(), np.array([[0.00003, -0.00012]]), signed=True)
    scale_below(figure, shown, "p", gap=3, extend="both")
    figure.draw_without_rendering()
    (key,) = figure.axes[0].child_axes
    assert key.get_xlabel() == "p (10⁻⁴)"
    ticks = zip(key.get_xticks(), key.get_xticklabels(), strict=True)
    told = {label.get_text().replace("−", "-"): tick for tick, label in ticks}
    assert min(map(float, told)) < 0 < max(map(float, told))
    assert [1e4 * tick for tick in told.values()] == pytest.approx(list(map(float, told)))


def test_layers_are_called_what_they_are(network, older, large):
    assert sbs_names(network.experiment) == [
        "hidden layer 1", "pooling layer", "hidden layer 2", "label layer",
    ]  # fmt: skip
    assert sbs_names(older.experiment) == ["hidden layer", "pooling layer", "label layer"]
    assert sbs_names(large.experiment)[1::2] == ["pooling layer 1", "pooling layer 2"]
    alone = sbs([{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}])
    assert sbs_names(alone.experiment) == ["hidden layer", "reconstruction"]


def test_of_very_many_neurons_the_first_are_shown(network, monkeypatch):
    monkeypatch.setattr(sbs_pictures, "TILES", 5)
    monkeypatch.setattr(sbs_kernels, "TILES", 5)
    monkeypatch.setattr(sbs_prototypes, "TILES", 5)
    kernels, prototypes = (PLOTS[name].draw(network).axes[0] for name in ("kernels", "prototypes"))
    assert kernels.get_title() == "hidden layer 1: 5 of 6 neurons, 1 × 3 × 2"
    assert prototypes.get_title() == "hidden layer 2: 5 of 12 neurons, 6 × 5 pixels"
    tiles = np.isfinite(image(kernels)).sum() / 6
    assert tiles == 5


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


def test_prototypes_are_shown_on_one_scale(network):
    figure = PLOTS["prototypes"].draw(network)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "hidden layer 2: 12 neurons, 6 × 5 pixels", "label layer: 10 neurons, 8 × 8 pixels",
    ]  # fmt: skip
    apart = network.of("prototypes")["layer_3"][:, 0]
    shown = image(figure.axes[1])
    np.testing.assert_array_equal(shown[:8, :8], apart[0])
    np.testing.assert_array_equal(shown[:8, 9:17], apart[1])


def test_a_network_without_prototypes_has_no_figure_of_them(network):
    none = {name: a for name, a in network.arrays.items() if not name.startswith("prototypes/")}
    assert PLOTS["prototypes"].draw(replace(network, arrays=none)) is None


# ---- step sizes ----


def test_step_sizes_by_place(older, network):
    assert PLOTS["step_sizes"].draw(network) is None
    values = {name: np.random.default_rng(1).random(v.shape) if "eps" in name else v
              for name, v in older.weights.items()}  # fmt: skip
    other = replace(older)
    vars(other)["weights"] = values
    panels = [axes for axes in PLOTS["step_sizes"].draw(other).axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "hidden layer: 6 × 6 × 3 × 3", "pooling layer: 3 × 3", "label layer: 1 × 1",
    ]  # fmt: skip
    np.testing.assert_array_equal(image(panels[1]), values["layers.1.epsilon_xy"])
    by_offset = values["layers.0.epsilon_xy"]
    np.testing.assert_array_equal(image(panels[0])[4:7, 8:11], by_offset[1, 2])
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(other).axes if axes.has_data()]
    assert titles == ["hidden layer (18 × 5)", "label layer (45 × 10)"]


# ---- activities ----


def test_activities_of_one_image_of_each_class(network):
    figure, found = PLOTS["activities"].draw(network), network.of("activity_examples")
    panels = np.array(figure.axes[:20]).reshape(4, 5)  # image and three layers; five classes
    for column in range(5):
        shown = image(panels[0, column])
        np.testing.assert_allclose(shown, found["input"][column, 0], atol=1e-6)
        np.testing.assert_array_equal(image(panels[1, column])[:6, :7], found["layer_0"][column, 0])
        heights = [bar.get_height() for bar in panels[3, column].patches]
        np.testing.assert_allclose(heights, found["layer_3"][column, :, 0, 0], rtol=1e-6)
    assert [axes.get_ylabel() for axes in panels[:, 0]] == [
        "image", "hidden 1\n6 × 6 × 7", "hidden 2\n12 × 2 × 4", "label (10)\nh",
    ]  # fmt: skip


def test_activities_tell_what_a_sample_was_taken_for(network):
    told = changed(network, "activity_examples", predictions=[0, 3, -1, 7, 9])
    axes = PLOTS["activities"].draw(told).axes[:5]
    assert [each.get_title() for each in axes] == [
        "class 0", "class 2, taken for 3", "class 4", "class 7", "class 9",
    ]  # fmt: skip


def test_activities_tell_of_how_many_neurons_some_are_shown(network):
    few = {f"layer_{i}": network.of("activity_examples")[f"layer_{i}"][:, :3] for i in (0, 3)}
    panels = PLOTS["activities"].draw(changed(network, "activity_examples", **few)).axes
    assert panels[5].get_ylabel() == "hidden 1\n3 of 6 × 6 × 7"
    assert panels[15].get_ylabel() == "label (3 of 10)\nh"


def test_maps_and_images_of_a_row_share_a_scale_that_is_told(network, older):
    for evaluation, labels in ((network, ["input", "h", "h"]), (older, ["light − dark", "h", "h"])):
        figure = PLOTS["activities"].draw(evaluation)
        panels = [axes for axes in figure.axes[:20] if axes.images]
        keys = figure.axes[20:]
        assert [key.get_ylabel() for key in keys] == labels
        for row, key in zip(np.array(panels).reshape(3, 5), keys, strict=True):
            assert {axes.images[0].get_clim() for axes in row} == {key.get_ylim()}


# ---- spike after spike ----


def test_convergence_of_labels_and_layers(network):
    figure, found = PLOTS["convergence"].draw(network), network.of("settling")
    *labels, distances = figure.axes
    assert len(labels) == found["h"].shape[1] >= 2
    for place, axes in enumerate(labels):
        true = found["labels"][place]
        for unit, line in enumerate(axes.lines):
            np.testing.assert_array_equal(line.get_xdata(), found["layer_3/spikes"])
            np.testing.assert_array_equal(line.get_ydata(), found["h"][:, place, unit])
            assert (line.get_linewidth() > 1) == (unit == true)
    assert [line.get_label() for line in distances.lines] == [
        "hidden layer 1",
        "hidden layer 2",
        "label layer",
    ]
    for line, index in zip(distances.lines, (0, 2, 3), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), found[f"layer_{index}/distances"][:-1])
    wrong, predicted = found["labels"][-1], found["h"][-1, -1].argmax()
    assert labels[-1].get_title() == f"class {wrong}, taken for {predicted}"


def test_accuracy_against_spikes(network):
    found = network.of("spike_counts")
    accuracy, error = PLOTS["spikes"].draw(network).axes
    np.testing.assert_array_equal(accuracy.lines[0].get_xdata(), found["spikes"])
    shares = accuracy.lines[0].get_ydata()
    np.testing.assert_allclose(shares, 100 * found["right"] / 300)
    np.testing.assert_allclose(shares + error.lines[0].get_ydata(), 100)
    assert accuracy.get_title() == "test: 300 samples"
    few = changed(network, "spike_counts", samples=120)
    assert PLOTS["spikes"].draw(few).axes[0].get_title() == "test: 120 of 300 samples"


def test_a_network_without_spikes_has_nothing_to_count(tmp_path):
    settled = evaluate(tmp_path, {"name": "nnmf", "neurons": 10, "iterations": 5})
    assert PLOTS["spikes"].draw(settled) is None
    assert PLOTS["convergence"].draw(settled) is None


def test_a_reconstruction_has_no_labels(tmp_path):
    found = evaluate(tmp_path, {"name": "sbs", "neurons": 4}, {"name": "reconstruction"})
    assert PLOTS["spikes"].draw(found) is None
    assert len(PLOTS["convergence"].draw(found).axes) == 1
    assert PLOTS["kernels"].draw(found) is not None
    assert PLOTS["activities"].draw(found) is not None


# ---- imported runs ----


def test_an_imported_run_that_was_only_tested(network, tmp_path):
    run = RunDir(tmp_path)
    tested = replace(network, run=run)
    row = {"step": 1, "split": "test", "name": "accuracy", "time": 0.0}
    run.append_metrics([{**row, "epoch": e, "value": 0.5 + e / 10} for e in (1, 2)])
    run.write_json("source.json", {"format": "pytorch-sbs"})
    assert curves.draw(tested) is None
    run.append_metrics([{**row, "epoch": 3, "value": 0.8}])
    (axes,) = curves.draw(tested).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [40, 30, 20])
