"""The figures of one evaluation: every one is drawn, and shows the numbers it should."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.data.sets.yin_yang import which_class
from snnrun.evaluation.figures import fitting
from snnrun.plots import PLOTS, classification, confusion, plane
from snnrun.plots.spike_times import latency, raster
from snnrun.plots.spike_times.plane_times import behind_earliest, mosaic
from snnrun.plots.style import class_colours
from tests.evaluation.runs import changed, without
from tests.plots.conftest import experiment

FITTING = list(fitting(experiment()))


@pytest.mark.parametrize("name", FITTING)
def test_every_figure_fits_a_page(name, drawn):
    width, height = 25.4 * drawn(name).get_size_inches()
    assert round(width) in (89, 122, 183)
    assert height < 240


LABELS = {
    "curves": ["loss", "error (%)", "bumped\n(%)", "epoch"],
    "confusion": ["predicted class", "true class", "share of the true class (%)"],
    "classification": ["x", "y"],
    "label_times": ["x", "y", "spike time (τₛ); white: none", "lag behind earliest (τₛ)"],
    "hidden_times": ["spike time (τₛ); white: none"],
    "output_times": ["sample, sorted by true neuron", "spike time (τₛ)"],
    "output_times_earliest": ["sample, sorted by earliest spike", "spike time (τₛ)"],
    "label_times_over_epochs": ["epoch", "spike time (τₛ)"],
    "weights": ["weight", "synapses"],
    "weight_matrix": ["input", "neuron", "label neuron", "weight"],
    "weights_over_epochs": ["epoch", "weight"],
    "delays": ["epoch", "delay (τₛ)", "number"],
    "robustness": [
        "rounding step of weights",
        "weight noise (%)",
        "input jitter (τₛ)",
        "threshold mismatch (%)",
        "accuracy (%)",
    ],
    "spike_times": ["spike time (τₛ)", "spikes"],
    "raster": ["time (τₛ)", "membrane of labels\n(leak 0, threshold 1)"],
    "causal_sets": ["inputs before the spike", "spikes (%)"],
    "latency": ["time (τₛ)", "samples of the test split (%)"],
}


@pytest.mark.parametrize("name", FITTING)
def test_axes_tell_quantity_and_unit(name, drawn):
    axes = drawn(name).axes
    labels = {a.get_xlabel() for a in axes} | {a.get_ylabel() for a in axes}
    assert labels - {""} == set(LABELS[name])


def test_confusion_cells_hold_the_counts(evaluation, drawn):
    table, found = confusion.table_of(evaluation), evaluation.of("answers")
    for true in range(3):
        for column, predicted in enumerate((0, 1, 2, -1)):
            both = (found["labels"] == true) & (found["predictions"] == predicted)
            assert table[true, column] == both.sum()
    assert table[:, -1].sum() > 0
    axes = drawn("confusion").axes[0]
    written = [text.get_text() for text in axes.texts]
    share = 100 * table / table.sum(axis=1, keepdims=True)
    assert written == [f"{s:.1f}\n({n})" for s, n in zip(share.flat, table.flat, strict=True)]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["yang", "yin", "dot", "none"]
    assert f"{100 * evaluation.accuracy:.2f} % of 60" in axes.get_title()


def test_confusion_tells_small_shares_from_none_and_large_ones_from_all(evaluation):
    """4 of 1,000 were "0", as if none, and 996 of them "100"."""
    counts = np.pad(1000 * np.eye(10, dtype=int), ((0, 0), (0, 1)))
    counts[0, [0, 2]] = 996, 4
    counts[1, [1, 3]] = 999, 1
    ten = replace(evaluation, experiment=experiment_of_digits())
    many = changed(ten, "answers", counts=counts)
    written = [text.get_text() for text in PLOTS["confusion"].draw(many).axes[0].texts]
    assert written[:5] == ["99.6", "", "0.4", "", ""]
    assert written[10:15] == ["", "99.9", "", "0.1", ""]
    assert written[-1] == "100"


def experiment_of_digits():
    """Ten classes."""
    digits = {"data": {"name": "digits"}, "layers": [{"size": 10}]}
    settings = experiment().model_dump()
    settings["model"]["layers"] = digits["layers"]
    return type(experiment()).model_validate(settings | {"data": digits["data"]})


def test_confusion_tells_of_how_many_samples_some_were_drawn(evaluation):
    counts = np.array([[9, 2, 0, 1], [1, 3, 0, 0], [0, 1, 3, 0]])
    few = replace(evaluation, facts={**evaluation.facts, "samples": 20})
    title = PLOTS["confusion"].draw(changed(few, "answers", counts=counts)).axes[0].get_title()
    assert title == "test: 75.00 % of 20 right, drawn from 60"


def test_confusion_has_no_column_none_when_every_sample_has_a_class(evaluation):
    counts = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]])
    every = changed(evaluation, "answers", counts=counts)
    np.testing.assert_array_equal(confusion.table_of(every), counts[:, :3])


def test_outline_follows_the_classes(evaluation):
    """Points just left and right of every border, across it, differ in class."""
    outline = plane.outline(plane.read(evaluation))
    pieces = [path for path in outline.to_polygons(closed_only=False) if len(path) > 2]
    assert len(pieces) == 5
    changes = []
    for piece in pieces[1:]:
        middle, along = (piece[1:] + piece[:-1]) / 2, np.diff(piece, axis=0)
        across = 5e-3 * along[:, ::-1] * [1, -1] / np.linalg.norm(along, axis=1, keepdims=True)
        sides = [which_class(*(middle + sign * across).T, 0.1, 0.5) for sign in (-1, 1)]
        changes.append(np.mean(sides[0] != sides[1]))
    assert min(changes) > 0.95


def test_classification_dots_and_crosses(evaluation, drawn):
    axes = drawn("classification").axes[0]
    groups = {group.get_label(): group.get_offsets() for group in axes.collections}
    assert list(groups) == ["yang", "yin", "dot", "none", "error"]
    found = evaluation.of("points")
    wrong = found["predictions"] != found["labels"]
    np.testing.assert_array_equal(groups["error"], found["points"][wrong])
    np.testing.assert_array_equal(groups["yin"], found["points"][found["predictions"] == 1])
    assert axes.get_aspect() == 1
    assert axes.get_title() == f"test: {100 * evaluation.accuracy:.2f} % of 60 right"


def test_classification_tells_how_many_of_very_many_samples_have_dots(evaluation):
    points = {name: array[:20] for name, array in evaluation.of("points").items()}
    axes = PLOTS["classification"].draw(changed(evaluation, "points", **points)).axes[0]
    assert axes.get_title() == f"test: {100 * evaluation.accuracy:.2f} % of 60 right, 20 shown"


def test_background_is_white_where_nothing_is_predicted():
    shades = classification.background(np.array([[0, -1]]), class_colours(3))
    assert to_hex(shades[0, 1]) == "#ffffff"
    assert to_hex(shades[0, 0]) != "#ffffff"


def test_label_times_show_each_neuron_and_leave_silence_blank(evaluation, drawn):
    figure = drawn("label_times")
    times = plane.read(evaluation).labels
    shown = [axes.images[0].get_array() for axes in figure.axes[:6]]
    for neuron in range(3):
        expected = times[..., neuron]
        np.testing.assert_array_equal(shown[neuron].filled(np.inf), expected)
        lag = shown[3 + neuron].filled(np.inf)
        np.testing.assert_array_equal(lag, behind_earliest(times)[..., neuron])
    assert {image.norm.vmax for image in (axes.images[0] for axes in figure.axes[:3])} == {
        np.percentile(times[np.isfinite(times)], 98)
    }


def test_hidden_times_put_neuron_0_at_the_upper_left(evaluation, drawn):
    times = plane.read(evaluation).hidden
    figure = drawn("hidden_times")
    shown = figure.axes[0].images[0].get_array().filled(np.inf)
    np.testing.assert_array_equal(shown, mosaic(times, 6, 4))
    assert shown.shape == (2 * 84, 6 * 84)
    np.testing.assert_array_equal(shown[84:-4, :80], times[..., 0])
    np.testing.assert_array_equal(shown[:80, :80], times[..., 6])
    assert np.isinf(shown[:84, 84:]).all()


def test_hidden_maps_fill_their_outlines(drawn):
    """An image of another size than its outlines would show a map in the wrong disc."""
    axes = drawn("hidden_times").axes[0]
    discs = axes.patches[0].get_path().get_extents()
    gap = 4 / 80
    assert axes.images[0].get_extent() == pytest.approx([0, 6 * (1 + gap), 0, 2 * (1 + gap)])
    assert (discs.x0, discs.y0) == pytest.approx((0, 0), abs=1e-9)
    assert (discs.x1, discs.y1) == pytest.approx((6 + 5 * gap, 2 + gap))
    assert axes.get_xlim()[1] > discs.x1


def test_a_network_without_hidden_layer_has_no_hidden_times(evaluation):
    assert PLOTS["hidden_times"].draw(without(evaluation, "plane", "hidden")) is None


def dots(axes):
    """Times ``[samples, neurons]`` of all dots of a panel, whatever order they are drawn in."""
    group = axes.collections[0]
    places, times = group.get_offsets().T
    found = np.full((round(places.max()) + 1, 3), np.nan)
    for place, time, colour in zip(places, times, group.get_facecolors(), strict=True):
        found[round(place), class_colours(3).index(to_hex(colour))] = time
    assert len(times) == found.size
    return found


def test_output_times_rise_along_the_true_neuron(evaluation, drawn):
    panels, found = drawn("output_times").axes[:3], evaluation.of("output_times")
    for index, axes in enumerate(panels):
        times = found["times"][found["labels"] == index]
        shown = dots(axes)[:, index]
        assert (np.diff(shown) >= 0).all()
        spiked = np.sort(times[:, index][np.isfinite(times[:, index])])
        np.testing.assert_array_equal(shown[: len(spiked)], spiked)
        means = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert to_hex(means[index].get_color()) == class_colours(3)[index]
        assert means[index].get_ydata()[0] == pytest.approx(spiked.mean())


def test_output_times_rise_along_the_earliest_neuron(evaluation, drawn):
    found = evaluation.of("output_times")
    for index, axes in enumerate(drawn("output_times_earliest").axes[:3]):
        shown, none = dots(axes), axes.get_yticks()[-1]
        times = found["times"][found["labels"] == index]
        assert (np.diff(shown.min(axis=1)) >= 0).all()
        order = np.argsort(times.min(axis=1), kind="stable")
        np.testing.assert_array_equal(shown, np.minimum(times, none)[order])


def test_output_times_show_the_earliest_on_top(drawn):
    """Elsewhere the neuron that decides was hidden under dots of others."""
    for axes in drawn("output_times").axes[:3]:
        every, top = axes.collections
        assert top.get_zorder() > every.get_zorder()
        times = dots(axes)
        for (place, time), colour in zip(top.get_offsets(), top.get_facecolors(), strict=True):
            own = times[round(place)]
            assert (time, class_colours(3).index(to_hex(colour))) == (own.min(), own.argmin())
        assert len(top.get_offsets()) == len(times)


def test_of_very_many_samples_some_have_dots(network):
    """Half a million dots of MNIST took 19 s and were one blot."""
    times = np.random.default_rng(8).random((1203, 3)) + 0.5
    labels = np.zeros(1203, int)
    many = changed(network, "output_times", times=times, labels=labels)
    axes = PLOTS["output_times"].draw(many).axes[0]
    rows = np.sort(times[:, 0])
    places, heights = axes.collections[0].get_offsets().T
    assert sorted(set(places)) == list(range(0, 1203, 3))
    first = [to_hex(c) == class_colours(3)[0] for c in axes.collections[0].get_facecolors()]
    np.testing.assert_array_equal(np.sort(heights[first]), rows[::3])
    means = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert means == pytest.approx(times.mean(axis=0))
    assert axes.get_xlim() == (-1, 1203)


def test_no_neuron_covers_the_others(network):
    """The dots of the last neuron lay over all others, where these are many."""
    times, labels = np.random.default_rng(8).random((300, 3)) + 0.5, np.zeros(300, int)
    many = changed(network, "output_times", times=times, labels=labels)
    group = PLOTS["output_times"].draw(many).axes[0].collections[0]
    colours = [to_hex(colour) for colour in group.get_facecolors()]
    half = len(colours) // 2
    for colour in class_colours(3):
        assert 0.28 * half < colours[:half].count(colour) < 0.39 * half


def test_output_times_label_their_ticks_truly(evaluation, drawn):
    axes = drawn("output_times").axes[0]
    *ticks, none = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    assert [float(label.get_text()) for _, label in ticks] == pytest.approx([at for at, _ in ticks])
    assert none[1].get_text() == "none"
    times = evaluation.of("output_times")["times"]
    assert none[0] > times[np.isfinite(times)].max()


@pytest.mark.parametrize("name", ["output_times", "latency", "spike_times"])
def test_of_how_many_samples_some_are_shown_is_told(name, evaluation, drawn):
    kept = {key: array[:40] for key, array in evaluation.of("output_times").items()}
    figure = PLOTS[name].draw(changed(evaluation, "output_times", **kept))
    assert "40 of 60 samples" in all_text(figure)
    assert "samples" not in all_text(drawn(name)).replace("samples of the test split", "").replace(
        "mean over samples", ""
    )


def all_text(figure):
    """Titles and other words of a figure."""
    titles = [axes.get_title() for axes in figure.axes]
    return "\n".join([figure.get_suptitle(), *titles])


def test_weight_histograms_count_every_synapse_before_and_after(evaluation, drawn):
    panels = drawn("weights").axes
    for axes, weights in zip(panels, evaluation.weights.values(), strict=True):
        after, before = (patch.get_data() for patch in axes.patches)
        for (counts, edges, _), values in ((after, weights), (before, weights + 1)):
            assert len(counts) == 50
            assert counts.sum() == weights.size
            np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    shutil.rmtree(evaluation.run.checkpoints / "epoch_0000")
    panels = PLOTS["weights"].draw(evaluation).axes
    assert [len(axes.patches) for axes in panels] == [1, 1]


def test_weight_histograms_leave_out_delays(delayed):
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(delayed).axes]
    assert titles == ["hidden layer (6 × 7)", "label layer (8 × 3)"]


def test_weights_of_many_layers_stand_in_order(evaluation):
    """layers.10 came before layers.2."""
    values = evaluation.weights["layers.0.weights"]
    weights = {f"layers.{index}.weights": values[:, : index + 1] for index in range(12)}
    many = replace(evaluation)
    vars(many).update(weights=weights, initial_weights={})
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(many).axes]
    assert titles[:2] == ["hidden layer 1 (6 × 1)", "hidden layer 2 (6 × 2)"]
    assert titles[9:] == [
        "hidden layer 10 (6 × 7)", "hidden layer 11 (6 × 7)", "label layer (6 × 7)",
    ]  # fmt: skip


def test_time_histograms_count_every_spike(evaluation, drawn):
    hidden, labels = drawn("spike_times").axes
    counted, found = evaluation.of("time_histograms"), evaluation.of("output_times")
    bars = hidden.patches[0].get_data()
    assert bars.values.sum() == counted["layer_0/counts"].sum() > 0
    assert 40 <= len(bars.values) <= 60
    fine = counted["layer_0/start"] + counted["layer_0/width"] * np.arange(
        len(counted["layer_0/counts"])
    )
    np.testing.assert_array_equal(
        bars.values, np.histogram(fine, bars.edges, weights=counted["layer_0/counts"])[0]
    )
    true = found["times"][np.arange(60), found["labels"]]
    counts, edges, _ = labels.patches[1].get_data()
    assert counts.sum() == np.isfinite(true).sum()
    np.testing.assert_array_equal(counts, np.histogram(true[np.isfinite(true)], edges)[0])
    silent = f"true class, {100 * np.isinf(true).mean():.1f} % silent"
    assert labels.get_legend().get_texts()[1].get_text() == silent


def test_raster_shows_one_sample_of_each_class(evaluation, drawn):
    assert evaluation.of("spike_examples")["labels"].tolist() == [0, 1, 2]
    rows = raster.bands(evaluation, 1)
    names = [name for name, _, _ in rows]
    assert names == ["input", "bias", "hidden layer", "bias", "label"]
    axes = drawn("raster").axes[1]
    ticks = [segment[0][0] for group in axes.collections for segment in group.get_segments()]
    times = np.concatenate([times for _, times, _ in rows])
    np.testing.assert_allclose(np.sort(ticks), np.sort(times[np.isfinite(times)]))


def test_raster_shows_how_membranes_reach_the_threshold(drawn):
    """What they would do after the spike, up to many thresholds, left the crossing a flat line."""
    for axes in drawn("raster").axes[3:6]:
        low, high = axes.get_ylim()
        assert -4 <= low < 0 < 1 < high <= 2


def test_raster_marks_label_spikes_on_the_threshold(evaluation, drawn):
    times = evaluation.of("spike_examples")["layer_1"][0]
    axes = drawn("raster").axes[3]
    marks = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(marks, np.stack([times, np.ones(3)], axis=1))


def test_causal_sets_show_shares_and_their_mean(evaluation, drawn):
    counts = evaluation.of("causal_sets")["layer_1"]
    axes = drawn("causal_sets").axes[1]
    mean = np.average(np.arange(9), weights=counts)
    assert axes.get_title() == f"label layer: mean {mean:.1f} of 8"
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, 100 * counts[1:] / counts.sum())


def test_causal_sets_of_many_inputs_share_bars(evaluation):
    counts = np.random.default_rng(1).integers(0, 9, 785)
    many = changed(evaluation, "causal_sets", layer_1=counts)
    bars = PLOTS["causal_sets"].draw(many).axes[1].patches
    assert len(bars) == 56  # 14 sizes each
    np.testing.assert_allclose(bars[2].get_height(), 100 * counts[29:43].sum() / counts.sum())


@pytest.mark.parametrize(("late", "place"), [(False, "lower right"), (True, "upper left")])
def test_the_legend_of_latency_hides_no_curve(network, late, place):
    """Where decisions come late, it lay on the curves."""
    times = 0.1 + np.linspace(0, 1, 60) ** (0.2 if late else 5)
    times = np.stack([times, times + 1, times + 1], axis=1)
    none = np.zeros(60, int)
    axes = PLOTS["latency"].draw(changed(network, "output_times", times=times, predictions=none))
    axes = axes.axes[0]
    box = axes.get_legend()
    axes.figure.draw_without_rendering()
    extent = box.get_window_extent().transformed(axes.transData.inverted())
    for curve in axes.lines[:2]:
        x, y = curve.get_data()
        assert not ((x > extent.x0) & (x < extent.x1) & (y > extent.y0) & (y < extent.y1)).any()
    assert box._loc == {"lower right": 4, "upper left": 2}[place]


def test_latency_ends_at_the_accuracy(evaluation, drawn):
    decided, right = drawn("latency").axes[0].lines[:2]
    assert right.get_ydata()[-1] == pytest.approx(100 * evaluation.accuracy)
    found = evaluation.of("output_times")
    assert decided.get_ydata()[-1] == pytest.approx(100 * (found["predictions"] >= 0).mean())
    moments = latency.decision_times(found["times"], found["predictions"])
    np.testing.assert_array_equal(decided.get_xdata()[1:-1], np.sort(moments[np.isfinite(moments)]))
