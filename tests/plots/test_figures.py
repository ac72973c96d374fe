"""The figures of one evaluation: every one is drawn, and shows the numbers it should."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.data.sets.yin_yang import which_class
from snnrun.plots import PLOTS, classification, confusion, plane
from snnrun.plots.spike_times import causal, latency, raster
from snnrun.plots.spike_times.plane_times import behind_earliest, mosaic
from snnrun.plots.style import class_colours

FITTING = [name for name, plot in PLOTS.items() if plot.applies("first_spike", "yin_yang")]


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
    table = confusion.counts(evaluation.labels, evaluation.predictions, 3)
    for true in range(3):
        for column, predicted in enumerate((0, 1, 2, -1)):
            both = (evaluation.labels == true) & (evaluation.predictions == predicted)
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
    labels = np.repeat(np.arange(5), 1000)
    predictions = labels.copy()
    predictions[:4] = 2
    predictions[1000] = 3
    dataset = replace(evaluation.dataset, classes=tuple("abcde"))
    changed = replace(evaluation, labels=labels, predictions=predictions, dataset=dataset)
    written = [text.get_text() for text in PLOTS["confusion"].draw(changed).axes[0].texts]
    assert written[:10] == ["99.6", "", "0.4", "", "", "", "99.9", "", "0.1", ""]
    assert written[-1] == "100"


def test_confusion_tells_of_how_many_samples_some_were_drawn(evaluation):
    few = replace(
        evaluation, labels=evaluation.labels[:20], predictions=evaluation.predictions[:20]
    )
    right = 5 * (few.labels == few.predictions).sum()
    title = PLOTS["confusion"].draw(few).axes[0].get_title()
    assert title == f"test: {right:.2f} % of 20 right, drawn from 60"


def test_confusion_has_no_column_none_when_every_sample_has_a_class():
    labels, predictions = np.array([0, 1, 1, 2]), np.array([0, 1, 0, 2])
    expected = [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    np.testing.assert_array_equal(confusion.counts(labels, predictions, 3), expected)


def test_plane_holds_the_answers_at_its_points(evaluation):
    answers = plane.respond(evaluation)
    for row, column in ((40, 90), (100, 20)):
        x, y = ((index + 0.5) / plane.POINTS for index in (column, row))
        times, predictions = evaluation.respond(np.array([[x, y, 1 - x, 1 - y]]))
        np.testing.assert_array_equal(answers.times[-1][row, column], times[-1][0])
        assert answers.predictions[row, column] == predictions[0]
    assert answers.predictions[0, 0] == -1
    assert plane.respond(evaluation) is answers


def test_outline_follows_the_classes(evaluation):
    """Points just left and right of every border, across it, differ in class."""
    outline = plane.outline(plane.respond(evaluation))
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
    wrong = evaluation.predictions != evaluation.labels
    np.testing.assert_array_equal(groups["error"], evaluation.inputs[wrong, :2])
    np.testing.assert_array_equal(groups["yin"], evaluation.inputs[evaluation.predictions == 1, :2])
    assert axes.get_aspect() == 1


def test_background_is_white_where_nothing_is_predicted():
    shades = classification.background(np.array([[0, -1]]), class_colours(3))
    assert to_hex(shades[0, 1]) == "#ffffff"
    assert to_hex(shades[0, 0]) != "#ffffff"


def test_label_times_show_each_neuron_and_leave_silence_blank(evaluation, drawn):
    figure = drawn("label_times")
    times = plane.respond(evaluation).times[-1]
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
    times = plane.respond(evaluation).times[0][::2, ::2]
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
    assert PLOTS["hidden_times"].draw(replace(evaluation, times=evaluation.times[-1:])) is None


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
    panels = drawn("output_times").axes[:3]
    for index, axes in enumerate(panels):
        times = evaluation.times[-1][evaluation.labels == index]
        shown = dots(axes)[:, index]
        assert (np.diff(shown) >= 0).all()
        spiked = np.sort(times[:, index][np.isfinite(times[:, index])])
        np.testing.assert_array_equal(shown[: len(spiked)], spiked)
        means = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert to_hex(means[index].get_color()) == class_colours(3)[index]
        assert means[index].get_ydata()[0] == pytest.approx(spiked.mean())


def test_output_times_rise_along_the_earliest_neuron(evaluation, drawn):
    for index, axes in enumerate(drawn("output_times_earliest").axes[:3]):
        shown, none = dots(axes), axes.get_yticks()[-1]
        times = evaluation.times[-1][evaluation.labels == index]
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
    axes = PLOTS["output_times"].draw(replace(network, times=[times], labels=labels)).axes[0]
    rows = np.sort(times[:, 0])
    places, heights = axes.collections[0].get_offsets().T
    assert sorted(set(places)) == list(range(0, 1203, 3))
    first = [to_hex(c) == class_colours(3)[0] for c in axes.collections[0].get_facecolors()]
    np.testing.assert_array_equal(np.sort(heights[first]), rows[::3])
    means = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert means == pytest.approx(times.mean(axis=0))
    assert axes.get_xlim() == (-1, 1203)


def test_no_neuron_covers_the_others(drawn):
    """The dots of the last neuron lay over all others, where these are many."""
    group = drawn("output_times").axes[0].collections[0]
    colours = [to_hex(colour) for colour in group.get_facecolors()]
    half = len(colours) // 2
    for colour in class_colours(3):
        assert 0.25 * half < colours[:half].count(colour) < 0.42 * half


def test_output_times_label_their_ticks_truly(evaluation, drawn):
    axes = drawn("output_times").axes[0]
    *ticks, none = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    assert [float(label.get_text()) for _, label in ticks] == pytest.approx([at for at, _ in ticks])
    assert none[1].get_text() == "none"
    assert none[0] > evaluation.times[-1][np.isfinite(evaluation.times[-1])].max()


def test_weight_histograms_count_every_synapse_before_and_after(evaluation, drawn):
    panels = drawn("weights").axes
    for axes, weights in zip(panels, evaluation.weights.values(), strict=True):
        after, before = (patch.get_data() for patch in axes.patches)
        for (counts, edges, _), values in ((after, weights), (before, weights + 1)):
            assert len(counts) == 50
            assert counts.sum() == weights.size
            np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    panels = PLOTS["weights"].draw(replace(evaluation, initial_weights=None)).axes
    assert [len(axes.patches) for axes in panels] == [1, 1]


def test_weight_histograms_leave_out_delays(delayed):
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(delayed).axes]
    assert titles == ["hidden layer (6 × 7)", "label layer (8 × 3)"]


def test_weights_of_many_layers_stand_in_order(evaluation):
    """layers.10 came before layers.2."""
    values = evaluation.weights["layers.0.weights"]
    weights = {f"layers.{index}.weights": values[:, : index + 1] for index in range(12)}
    changed = replace(evaluation, weights=weights, initial_weights=None)
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(changed).axes]
    assert titles[:2] == ["hidden layer 1 (6 × 1)", "hidden layer 2 (6 × 2)"]
    assert titles[9:] == [
        "hidden layer 10 (6 × 7)", "hidden layer 11 (6 × 7)", "label layer (6 × 7)",
    ]  # fmt: skip


def test_time_histograms_count_every_spike(evaluation, drawn):
    hidden, labels = drawn("spike_times").axes
    assert hidden.patches[0].get_data().values.sum() == np.isfinite(evaluation.times[0]).sum()
    true = evaluation.times[-1][np.arange(60), evaluation.labels]
    counts, edges, _ = labels.patches[1].get_data()
    assert counts.sum() == np.isfinite(true).sum()
    np.testing.assert_array_equal(counts, np.histogram(true[np.isfinite(true)], edges)[0])
    silent = f"true class, {100 * np.isinf(true).mean():.1f} % silent"
    assert labels.get_legend().get_texts()[1].get_text() == silent


def test_raster_shows_one_sample_of_each_class(evaluation, drawn):
    samples = raster.examples(evaluation)
    assert [evaluation.labels[sample] for sample in samples] == [0, 1, 2]
    rows = raster.bands(evaluation, samples[1])
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


def test_raster_prefers_samples_that_were_predicted_right(evaluation):
    labels, predictions = np.array([2, 1, 0, 2, 1, 0]), np.array([0, 0, 1, 2, -1, 0])
    assert raster.examples(replace(evaluation, labels=labels, predictions=predictions)) == [5, 1, 3]


def test_raster_marks_label_spikes_on_the_threshold(evaluation, drawn):
    sample = raster.examples(evaluation)[0]
    axes = drawn("raster").axes[3]
    marks = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(
        marks, np.stack([evaluation.times[-1][sample], np.ones(3)], axis=1)
    )


def test_causal_sets_count_arrivals_up_to_the_spike(evaluation, drawn):
    arriving = np.concatenate([evaluation.times[0], np.full((60, 1), 0.7)], axis=1)
    times = evaluation.times[-1]
    expected = (arriving[:, :, None] <= times[:, None, :]).sum(axis=1)[np.isfinite(times)]
    np.testing.assert_array_equal(causal.sizes(arriving, times), expected)
    axes = drawn("causal_sets").axes[1]
    assert axes.get_title() == f"label layer: mean {expected.mean():.1f} of 8"
    heights = [bar.get_height() for bar in axes.patches]
    share = 100 * np.bincount(expected, minlength=9)[1:] / len(expected)
    np.testing.assert_allclose(heights, share)


@pytest.mark.parametrize(("late", "place"), [(False, "lower right"), (True, "upper left")])
def test_the_legend_of_latency_hides_no_curve(network, late, place):
    """Where decisions come late, it lay on the curves."""
    times = 0.1 + np.linspace(0, 1, 60) ** (0.2 if late else 5)
    times = np.stack([times, times + 1, times + 1], axis=1)
    changed = replace(network, times=[times], predictions=np.zeros(60, int))
    axes = PLOTS["latency"].draw(changed).axes[0]
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
    assert decided.get_ydata()[-1] == pytest.approx(100 * (evaluation.predictions >= 0).mean())
    moments = latency.decision_times(evaluation.times[-1], evaluation.predictions)
    np.testing.assert_array_equal(decided.get_xdata()[1:-1], np.sort(moments[np.isfinite(moments)]))
