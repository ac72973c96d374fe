"""Spikes of single samples, and how many come before a spike."""

import numpy as np

from snnrun.plots import PLOTS
from snnrun.plots.spike_times import raster
from tests.evaluation.runs import changed


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
