"""The figures of Spike-By-Spike networks show what the network does."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from snnrun.data import Dataset, Split
from snnrun.encoders import build_encoder
from snnrun.evaluation.evaluate import Evaluation
from snnrun.experiment import Experiment
from snnrun.kernels.sbs.layer import Draw
from snnrun.learning.outcome import predictions
from snnrun.plots import PLOTS, curves
from snnrun.plots.draw import fitting
from snnrun.plots.sbs import convergence as sbs_convergence
from snnrun.plots.sbs import kernels as sbs_kernels
from snnrun.plots.sbs import pictures as sbs_pictures
from snnrun.plots.sbs import prototypes as sbs_prototypes
from snnrun.plots.sbs import spikes as sbs_spikes
from snnrun.plots.sbs.activity import _chosen
from snnrun.plots.sbs.keys import scale_below
from snnrun.plots.sbs.names import names_of
from snnrun.plots.spike_times.raster import examples
from snnrun.plots.style import new_figure, paper
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, fit_encoder

SPIKES = 37
LAYERS = [
    {"name": "sbs", "neurons": 6, "kernel": [3, 2]},
    {"name": "average_pooling", "kernel": 2, "stride": [2, 1]},
    {"name": "sbs", "neurons": 7, "kernel": [2, 3], "spikes": 25},
    {"name": "sbs", "neurons": 3},
]


def split(samples: int, seed: int) -> Split:
    inputs = np.random.default_rng(seed).random((samples, 1, 8, 8), dtype=np.float32)
    return Split(inputs, np.arange(samples) % 3)


def evaluate(folder, layers=LAYERS, encoder=None, **model) -> Evaluation:
    """An untrained network of images 8 x 8, evaluated on 30 of them."""
    experiment = Experiment.model_validate(
        {
            "data": {"name": "pattern_storage", "shape": [1, 8, 8], "names": ["ink", "oil", "wax"]},
            "encoder": encoder or {"name": "pixels"},
            "model": {"name": "sbs", "spikes": SPIKES, "layers": layers, "noise": [0.1, 3.0],
                      **model},
            "learning": {"name": "sbs"} | ({"dialect": model["dialect"]} if model else {}),
            "train": {"epochs": 2, "batch_size": 10},
        }
    )  # fmt: skip
    dataset = Dataset("x", ("ink", "oil", "wax"), *(split(n, n) for n in (20, 10, 30)))
    network = build_learner(experiment)
    fit_encoder(network, dataset)
    coded, labels = network.encode(dataset.test)
    (outcome, _, _), *_ = network.judge(coded, labels, 30, 0, "test")
    return Evaluation(
        run=RunDir(folder),
        experiment=experiment,
        epoch=2,
        split="test",
        dataset=dataset,
        network=network,
        inputs=dataset.test.inputs.reshape(30, -1),
        times_in=coded.numpy(),
        times=[],
        rates=[],
        scores=outcome.scores.numpy(),
        predictions=predictions(outcome.scores).numpy(),
        labels=dataset.test.labels,
        loss=0.5,
        weights={name: value.numpy() for name, value in network.model.state_dict().items()},
        initial_weights=None,
    )


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """A network of 2022: light and dark, pooling with spikes, step sizes by place."""
    layers = [
        {"name": "sbs", "neurons": 5, "kernel": 3, "eps_xy": {"per": "offset"}},
        {"name": "sbs_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 3},
    ]
    folder = tmp_path_factory.mktemp("run")
    return evaluate(folder, layers, {"name": "on_off", "dialect": 2022}, dialect=2022)


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
    changed = replace(older, experiment=older.experiment.model_copy(update={"encoder": code}))
    coded = build_encoder(code)(torch.from_numpy(values)).numpy()
    shown, signed = sbs_pictures.picture(coded, changed)
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
    for (above, _), (_, below) in pairwise(rows):
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
    layers = [
        {"name": "sbs", "neurons": 14, "kernel": 3},
        {"name": "max_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 13, "kernel": [3, 2]},
        {"name": "average_pooling", "kernel": [1, 2]},
        {"name": "sbs", "neurons": 3},
    ]
    return evaluate(tmp_path_factory.mktemp("run"), layers)


def test_of_a_large_layer_some_neurons_show_their_strongest_inputs(large):
    """Nothing could be seen of 96 x 64 kernels, 0.6 mm each."""
    with paper():
        figure = PLOTS["kernels"].draw(large)
    axes = figure.axes[1]
    assert axes.get_title() == (
        "hidden layer 2: 10 of 13 neurons, 4 strongest\nof 14 input channels each, 3 × 2"
    )
    values = sbs_kernels.kernels(large.model.layers[2]).numpy()
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


def test_layers_are_called_what_they_are(network, older, large, tmp_path):
    assert names_of(network.model) == [
        "hidden layer 1", "pooling layer", "hidden layer 2", "label layer",
    ]  # fmt: skip
    assert names_of(older.model) == ["hidden layer", "pooling layer", "label layer"]
    assert names_of(large.model)[1::2] == ["pooling layer 1", "pooling layer 2"]
    alone = evaluate(tmp_path, [{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}])
    assert names_of(alone.model) == ["hidden layer", "reconstruction"]


def test_of_very_many_neurons_the_first_are_shown(network, monkeypatch):
    monkeypatch.setattr(sbs_pictures, "TILES", 5)
    monkeypatch.setattr(sbs_kernels, "TILES", 5)
    monkeypatch.setattr(sbs_prototypes, "TILES", 5)
    kernels, prototypes = (PLOTS[name].draw(network).axes[0] for name in ("kernels", "prototypes"))
    assert kernels.get_title() == "hidden layer 1: 5 of 6 neurons, 1 × 3 × 2"
    assert prototypes.get_title() == "hidden layer 2: 5 of 7 neurons, 6 × 5 pixels"
    tiles = np.isfinite(image(kernels)).sum() / 6
    assert tiles == 5


def test_kernels_are_the_columns_of_the_weights(network):
    layer = network.model.layers[2]
    found = sbs_kernels.kernels(layer)
    assert found.shape == (7, 6, 2, 3)
    weights = layer.weights.detach()
    assert found[4, 5, 1, 2] == weights[(5 * 2 + 1) * 3 + 2, 4]


@pytest.mark.parametrize(
    ("which", "index"), [("network", 0), ("network", 2), ("network", 3), ("older", 2)]
)
def test_a_prototype_is_followed_down_to_the_image(request, which, index):
    """The sum over j of p(s | j) p(j | i), by plain loops; all pooling spreads evenly."""
    model = request.getfixturevalue(which).model
    found = sbs_prototypes.prototypes(model, index)
    torch.testing.assert_close(found.sum((1, 2, 3)), torch.ones(len(found)))
    expected = [descend(model, index, neuron, found.shape[1:]) for neuron in range(len(found))]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-7)


def descend(model, index, neuron, size) -> np.ndarray:
    """Follow one neuron down, layer by layer, with plain loops."""
    here = {(neuron, 0, 0): 1.0}
    for layer in reversed(model.layers[: index + 1]):
        (high, wide), (down, right) = layer.geometry.kernel, layer.geometry.stride
        below: dict = {}
        for (unit, row, column), share in here.items():
            for place, part in reach(layer, unit, high, wide):
                channel, x, y = place
                key = (channel, row * down + x, column * right + y)
                below[key] = below.get(key, 0.0) + share * part
        here = below
    image = np.zeros(size)
    for (channel, row, column), share in here.items():
        image[channel, row, column] = share
    return image


def reach(layer, unit, high, wide):
    """Each place of the patch of a neuron, and its share."""
    for x in range(high):
        for y in range(wide):
            if not hasattr(layer, "weights"):
                yield (unit, x, y), 1 / (high * wide)
                continue
            for channel in range(layer.weights.shape[0] // (high * wide)):
                row = (channel * high + x) * wide + y
                yield (channel, x, y), layer.weights[row, unit].item()


def test_the_panels_of_kernels(network, older):
    figure = PLOTS["kernels"].draw(network)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "hidden layer 1: 6 neurons, 1 × 3 × 2",
        "hidden layer 2: 7 neurons, 6 × 2 × 3",
        "label layer: 3 neurons, 7 × 2 × 4",
    ]
    first = sbs_kernels.kernels(network.model.layers[0]).numpy()
    np.testing.assert_array_equal(image(panels[0])[:3, :2], first[0, 0])
    grid, second = image(panels[1]), sbs_kernels.kernels(network.model.layers[2]).numpy()
    np.testing.assert_array_equal(grid[3:5, 8:11], second[2, 1])  # channels down, neurons across
    turned, last = image(panels[2]), sbs_kernels.kernels(network.model.layers[3]).numpy()
    np.testing.assert_array_equal(turned[3:5, 10:14], last[1, 2])  # more channels than neurons
    signed = image(PLOTS["kernels"].draw(older).axes[0])
    off, on = sbs_kernels.kernels(older.model.layers[0]).numpy()[0]
    np.testing.assert_array_equal(signed[:3, :3], on - off)


def test_prototypes_are_shown_against_their_mean(network):
    figure = PLOTS["prototypes"].draw(network)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "hidden layer 2: 7 neurons, 6 × 5 pixels", "label layer: 3 neurons, 8 × 8 pixels",
    ]  # fmt: skip
    values = sbs_prototypes.prototypes(network.model, 3).numpy()[:, 0]
    apart = values - values.mean(0)
    shown = image(figure.axes[1])
    np.testing.assert_array_equal(shown[:8, :8], apart[0])
    np.testing.assert_array_equal(shown[:8, 9:17], apart[1])  # on one scale


def test_one_layer_has_no_prototypes_of_its_own(tmp_path):
    alone = evaluate(tmp_path, [{"name": "sbs", "neurons": 3}])
    assert PLOTS["prototypes"].draw(alone) is None


# ---- step sizes ----


def test_step_sizes_by_place(older, network):
    assert PLOTS["step_sizes"].draw(network) is None
    values = {name: np.random.default_rng(1).random(v.shape) if "eps" in name else v
              for name, v in older.weights.items()}  # fmt: skip
    changed = replace(older, weights=values)
    panels = [axes for axes in PLOTS["step_sizes"].draw(changed).axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "hidden layer: 6 × 6 × 3 × 3", "pooling layer: 3 × 3", "label layer: 1 × 1",
    ]  # fmt: skip
    np.testing.assert_array_equal(image(panels[1]), values["layers.1.epsilon_xy"])
    by_offset = values["layers.0.epsilon_xy"]
    np.testing.assert_array_equal(image(panels[0])[4:7, 8:11], by_offset[1, 2])
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(changed).axes if axes.has_data()]
    assert titles == ["hidden layer (18 × 5)", "label layer (45 × 3)"]


# ---- activities ----


def test_activities_of_one_image_of_each_class(network):
    figure = PLOTS["activities"].draw(network)
    panels = np.array(figure.axes[:12]).reshape(4, 3)  # image and three layers; three classes
    samples = examples(network)
    _, record = network.watch(network.inputs[samples])
    for column, sample in enumerate(samples):
        shown = image(panels[0, column])
        np.testing.assert_allclose(shown, network.inputs[sample].reshape(8, 8), atol=1e-6)
        maps = record.activities[0][column].numpy()
        np.testing.assert_array_equal(image(panels[1, column])[:6, :7], maps[0])
        heights = [bar.get_height() for bar in panels[3, column].patches]
        np.testing.assert_allclose(heights, record.activities[3][column, :, 0, 0], rtol=1e-6)
    assert [axes.get_ylabel() for axes in panels[:, 0]] == [
        "image", "hidden 1\n6 × 6 × 7", "hidden 2\n7 × 2 × 4", "label (3)\nh",
    ]  # fmt: skip


def test_maps_and_images_of_a_row_share_a_scale_that_is_told(network, older):
    for evaluation, labels in ((network, ["input", "h", "h"]), (older, ["light − dark", "h", "h"])):
        figure = PLOTS["activities"].draw(evaluation)
        panels = [axes for axes in figure.axes[:12] if axes.images]
        keys = figure.axes[12:]
        assert [key.get_ylabel() for key in keys] == labels
        for row, key in zip(np.array(panels).reshape(3, 3), keys, strict=True):
            assert {axes.images[0].get_clim() for axes in row} == {key.get_ylim()}


def test_at_most_five_images():
    class Fake:
        labels = np.arange(30) % 10
        predictions = labels
        dataset = type("D", (), {"classes": tuple("abcdefghij")})

    assert _chosen(Fake()) == [0, 2, 4, 7, 9]


# ---- spike after spike ----


def test_fewer_spikes_are_the_first_ones(network):
    layer, x = network.model.layers[0], torch.from_numpy(network.times_in[:4])
    counts, h = sbs_convergence.settling(layer, x, Draw(5))
    assert counts[0] == 1
    assert counts[-1] == SPIKES == len(layer.epsilon_t)
    with torch.no_grad():
        np.testing.assert_array_equal(h[-1], layer(x, Draw(5)).numpy())
    step = 1.0  # of the first spike: h <- (h + a / A) / 2
    weights = layer.weights.detach().numpy()
    once = (1 / 6 + step * weights / weights.sum(1, keepdims=True)) / (1 + step)
    for neurons in h[0].transpose(0, 2, 3, 1).reshape(-1, 6):
        assert np.isclose(once, neurons, rtol=1e-4).all(1).any()


def test_distances_by_hand():
    h = np.array([[0.5, 0.5], [0.2, 0.8], [0.1, 0.9]]).reshape(3, 1, 2, 1, 1)
    np.testing.assert_allclose(sbs_convergence.distances(2 * h), [0.4, 0.1, 0.0], atol=1e-12)


def test_convergence_of_labels_and_layers(network):
    figure = PLOTS["convergence"].draw(network)
    *labels, distances = figure.axes
    assert len(labels) == 3
    for axes in labels:
        assert len(axes.lines) == 3
        total = sum(line.get_ydata() for line in axes.lines)
        np.testing.assert_allclose(total, 1, rtol=1e-5)
        assert axes.lines[0].get_xdata()[-1] == SPIKES
    assert [line.get_label() for line in distances.lines] == [
        "hidden layer 1",
        "hidden layer 2",
        "label layer",
    ]
    for line, spikes in zip(distances.lines, (SPIKES, 25, SPIKES), strict=True):
        assert line.get_xdata()[-1] < spikes
        assert line.get_ydata()[0] > line.get_ydata()[-1] > 0
    wrong = np.flatnonzero(network.predictions != network.labels)[0]
    title = labels[2].get_title()
    assert title.startswith(f"class {network.dataset.classes[network.labels[wrong]]}")
    assert "taken for" in title


def test_accuracy_against_spikes(network):
    counts = sbs_spikes.halvings(SPIKES)
    assert counts == [1, 2, 4, 9, 18, 37]
    before = [layer.epsilon_t for layer in network.model.spiking]
    figure = PLOTS["spikes"].draw(network)
    after = [layer.epsilon_t for layer in network.model.spiking]
    assert all(one is other for one, other in zip(before, after, strict=True))
    accuracy, error = figure.axes
    np.testing.assert_array_equal(accuracy.lines[0].get_xdata(), counts)
    shares = accuracy.lines[0].get_ydata()
    np.testing.assert_allclose(shares + error.lines[0].get_ydata(), 100)
    assert accuracy.get_title() == "test: 30 samples"
    few = 0
    for outcome, _, own in shortened(network, 4).judge(
        torch.from_numpy(network.times_in), torch.from_numpy(network.labels), 100, 0, "spikes"
    ):
        few += int(predictions(outcome.scores).eq(own).sum())
    assert shares[2] == pytest.approx(100 * few / 30)


def shortened(evaluation, spikes: int):
    """The same weights in a network that draws fewer spikes by its config."""
    model = evaluation.experiment.model
    layers = tuple(
        layer.model_copy(update={"spikes": min(layer.spikes or spikes, spikes)})
        if hasattr(layer, "spikes") else layer
        for layer in model.layers
    )  # fmt: skip
    changed = model.model_copy(update={"spikes": spikes, "layers": layers})
    network = build_learner(evaluation.experiment.model_copy(update={"model": changed}))
    network.model.load_state_dict(evaluation.model.state_dict())
    return network


def test_many_samples_are_thinned_out(network, monkeypatch):
    monkeypatch.setattr(sbs_spikes, "SAMPLES", 12)
    chosen = sbs_spikes.subset(network, network.model.spiking)
    assert len(np.unique(chosen)) == 12
    assert chosen.max() > 15
    np.testing.assert_array_equal(chosen, sbs_spikes.subset(network, network.model.spiking))
    monkeypatch.setattr(sbs_spikes, "SPIKES", 1)
    assert len(sbs_spikes.subset(network, network.model.spiking)) == 12
    assert PLOTS["spikes"].draw(network).axes[0].get_title() == "test: 12 of 30 samples"


def test_a_network_without_spikes_has_nothing_to_count(tmp_path):
    settled = evaluate(tmp_path, [{"name": "nnmf", "neurons": 3, "iterations": 5}])
    assert PLOTS["spikes"].draw(settled) is None
    assert PLOTS["convergence"].draw(settled) is None


def test_a_reconstruction_has_no_labels(tmp_path):
    layers = [{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}]
    found = evaluate(tmp_path, layers)
    assert PLOTS["spikes"].draw(found) is None
    assert len(PLOTS["convergence"].draw(found).axes) == 1
    assert PLOTS["kernels"].draw(found) is not None
    assert PLOTS["activities"].draw(found) is not None


# ---- imported runs ----


def test_an_imported_run_that_was_only_tested(network, tmp_path):
    run = RunDir(tmp_path)
    changed = replace(network, run=run)
    row = {"step": 1, "split": "test", "name": "accuracy", "time": 0.0}
    run.append_metrics([{**row, "epoch": e, "value": 0.5 + e / 10} for e in (1, 2)])
    run.write_json("source.json", {"format": "pytorch-sbs"})
    assert curves.draw(changed) is None
    run.append_metrics([{**row, "epoch": 3, "value": 0.8}])
    (axes,) = curves.draw(changed).axes
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [40, 30, 20])
