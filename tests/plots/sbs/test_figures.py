"""The figures of Spike-By-Spike networks show what was measured."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.evaluation.figures import fitting
from snnrun.plots import PLOTS, curves, pictures
from snnrun.plots.names import sbs_names
from snnrun.plots.sbs import kernels as sbs_kernels
from snnrun.plots.sbs import prototypes as sbs_prototypes
from snnrun.plots.style import ACCENT
from snnrun.runs.folder import RunDir
from tests.evaluation.networks import sbs
from tests.evaluation.runs import changed
from tests.plots.sbs.conftest import evaluate, image


def test_the_figures_of_a_network_are_made_for_it(network):
    wanted = set(fitting(network.experiment))
    of_all = {"curves", "confusion", "classes", "weights", "activity", "cost", "input_noise"}
    assert wanted - of_all == {"kernels", "prototypes", "step_sizes", "activities", "convergence",
                               "spikes", "noisy_spikes"}  # fmt: skip
    assert of_all <= wanted


@pytest.mark.parametrize(
    "name", ["kernels", "prototypes", "step_sizes", "activities", "convergence", "spikes"]
)
def test_every_figure_fits_a_page(name, network, older, large):
    """Five maps stood in one column, 40 cm high."""
    figures = [figure for each in (network, older, large) if (figure := PLOTS[name].draw(each))]
    assert figures
    for figure in figures:
        width, height = 25.4 * figure.get_size_inches()
        assert round(width) in (89, 92, 122, 183)
        assert 30 < height < 240


def test_layers_are_called_what_they_are(network, older, large):
    assert sbs_names(network.experiment) == [
        "hidden layer 1", "pooling layer", "hidden layer 2", "label layer",
    ]  # fmt: skip
    assert sbs_names(older.experiment) == ["hidden layer", "pooling layer", "label layer"]
    assert sbs_names(large.experiment)[1::2] == ["pooling layer 1", "pooling layer 2"]
    alone = sbs([{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}])
    assert sbs_names(alone.experiment) == ["hidden layer", "reconstruction"]


def test_of_very_many_neurons_the_first_are_shown(network, monkeypatch):
    monkeypatch.setattr(pictures, "TILES", 5)
    monkeypatch.setattr(sbs_kernels, "TILES", 5)
    monkeypatch.setattr(sbs_prototypes, "TILES", 5)
    kernels, prototypes = (PLOTS[name].draw(network).axes[0] for name in ("kernels", "prototypes"))
    assert kernels.get_title() == "hidden layer 1: 5 of 6 neurons, 1 × 3 × 2"
    assert prototypes.get_title() == "hidden layer 2: 5 of 12 neurons, 6 × 5 pixels"
    tiles = np.isfinite(image(kernels)).sum() / 6
    assert tiles == 5


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
        "class 0, answer 0", "class 2, answer 3", "class 4, no answer", "class 7, answer 7",
        "class 9, answer 9",
    ]  # fmt: skip


def test_activities_tell_of_how_many_neurons_some_are_shown(network):
    few = {f"layer_{i}": network.of("activity_examples")[f"layer_{i}"][:, :3] for i in (0, 3)}
    panels = PLOTS["activities"].draw(changed(network, "activity_examples", **few)).axes
    assert panels[5].get_ylabel() == "hidden 1\n3 of 6 × 6 × 7"
    assert panels[15].get_ylabel() == "label (3 of 10)\nh"


def test_label_neurons_carry_their_class(network):
    """They were bars and tiles by number, in colours that nothing explained."""
    labels = network.of("activity_examples")["labels"]
    for true, axes in zip(labels, PLOTS["activities"].draw(network).axes[15:20], strict=True):
        assert [text.get_text() for text in axes.get_xticklabels()] == list(network.classes)
        dark = [to_hex(bar.get_facecolor()) == ACCENT for bar in axes.patches]
        assert dark == [each == true for each in range(10)]
        assert axes.get_xlabel() == "label neuron"
    tiles = PLOTS["prototypes"].draw(network).axes[1]
    assert [text.get_text() for text in tiles.texts] == list(network.classes)
    panels = PLOTS["kernels"].draw(network).axes
    assert any("label neuron" in (each.get_xlabel(), each.get_ylabel()) for each in panels)


def test_errors_against_spikes_with_noise_and_without(network):
    found = network.of("noisy_spike_counts")
    figure = PLOTS["noisy_spikes"].draw(network)
    lines = figure.axes[0].lines
    assert [line.get_label() for line in lines] == ["no noise", "noise 0.2", "noise 0.4"]
    rights = [network.of("spike_counts")["right"], *found["right"]]
    for line, right in zip(lines, rights, strict=True):
        np.testing.assert_allclose(line.get_ydata(), 100 - 100 * right / found["samples"])
        assert line.get_xdata().tolist() == found["spikes"].tolist()
    assert len({line.get_color() for line in lines}) == 3


def test_the_band_of_few_errors_is_whole(network):
    """It ended where the line did."""
    few = {"right": np.array([30, 150, 299]), "spikes": np.array([1, 2, 4])}
    axes = PLOTS["spikes"].draw(changed(network, "spike_counts", **few)).axes[1]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    low, high = axes.get_ylim()
    assert 0 < low < heights.min() < heights.max() < high
    assert high <= 110


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
