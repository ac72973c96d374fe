"""Spikes of single samples, and how many come before a spike."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.plots import PLOTS
from snnrun.plots.spike_times import raster
from snnrun.plots.style import ACCENT, GREY
from tests.evaluation.runs import changed
from tests.plots.test_figures import experiment_of_digits


def test_raster_shows_one_sample_of_each_class(evaluation, drawn):
    assert evaluation.of("spike_examples")["labels"].tolist() == [0, 1, 2]
    rows = raster.bands(evaluation, 1)
    names = [name for name, _, _ in rows]
    assert names == ["input", "bias", "hidden layer", "bias", "label"]
    axes = drawn("raster").axes[1]
    ticks = [segment[0][0] for group in axes.collections for segment in group.get_segments()]
    times = np.concatenate([times for _, times, _ in rows])
    np.testing.assert_allclose(np.sort(ticks), np.sort(times[np.isfinite(times)]))


def ten(evaluation):
    """The same with ten label neurons, and 784 inputs that spike later than all of them."""
    random = np.random.default_rng(2)
    changes = {
        "labels": np.arange(10),
        "input": 5 + random.random((10, 784)),
        "layer_0": random.random((10, 7)),
        "layer_1": 0.9 + 0.5 * random.random((10, 10)),
        "arrivals": random.random((10, 8)),
        "weights": random.normal(size=(8, 10)),
    }
    return replace(
        changed(evaluation, "spike_examples", **changes), experiment=experiment_of_digits()
    )


def test_the_time_of_a_raster_ends_with_the_labels(evaluation):
    """It went on to the last input, three times as far as the spikes that matter."""
    times = ten(evaluation).of("spike_examples")["layer_1"]
    for axes in PLOTS["raster"].draw(ten(evaluation)).axes:
        assert axes.get_xlim() == (0, pytest.approx(1.1 * times.max()))


def test_a_raster_of_many_neurons_says_that_it_was_thinned(evaluation):
    axes = PLOTS["raster"].draw(ten(evaluation)).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names[0] == "input (784,\n1 in 8 shown)"
    assert names[2] == "hidden (7)"
    assert len(axes.collections[0].get_segments()) == 98


def test_of_ten_label_neurons_the_true_one_stands_out(evaluation):
    """Ten lines in ten colours could not be told apart."""
    figure = PLOTS["raster"].draw(ten(evaluation))
    for true, axes in enumerate(figure.axes[5:10]):
        traces = [line for line in axes.lines if len(line.get_xdata()) == 400]
        colours = [to_hex(line.get_color()) for line in traces]
        assert colours == [ACCENT if each == true else GREY for each in range(10)]
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["label neuron of the true class", "of other classes"]


def test_before_and_after_training_the_true_one_stands_out_too(evaluation):
    """Ten membranes had ten colours above a legend of two."""
    whole = ten(evaluation)
    now = {f"spike_examples_before/{n}": v for n, v in whole.of("spike_examples").items()}
    figure = PLOTS["raster_before_after"].draw(replace(whole, arrays=whole.arrays | now))
    legend = {to_hex(line.get_color()) for line in figure.legends[0].get_lines()}
    seen = {
        to_hex(line.get_color())
        for axes in figure.axes
        for line in axes.lines
        if axes.get_ylim()[1] == 1.5 and line.get_marker() == "o"
    }
    assert seen == legend == {ACCENT, GREY}


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


def test_causal_sets_show_shares_and_their_median(evaluation, drawn):
    """The mean of two groups lay in the gap between them, where there is no spike."""
    counts = evaluation.of("causal_sets")["layer_1"]
    axes = drawn("causal_sets").axes[1]
    median = int(np.median(np.repeat(np.arange(9), counts)))
    assert axes.get_title() == f"label layer: median {median} of 8"
    assert axes.lines[0].get_xdata()[0] == median
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, 100 * counts[1:] / counts.sum())


def test_causal_sets_of_many_inputs_share_bars(evaluation):
    counts = np.random.default_rng(1).integers(0, 9, 785)
    many = changed(evaluation, "causal_sets", layer_1=counts)
    bars = PLOTS["causal_sets"].draw(many).axes[1].patches
    assert len(bars) == 56  # 14 sizes each
    np.testing.assert_allclose(bars[2].get_height(), 100 * counts[29:43].sum() / counts.sum())
