"""Histograms of weights and of spike times count every one of them."""

import shutil
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from snnrun.config.shipped import located
from snnrun.experiment import load_config
from snnrun.plots import PLOTS
from snnrun.plots.style import paper


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


def test_weight_histograms_leave_out_synapses_that_there_are_not(evaluation):
    """Sparse synapses had a bar of all that are absent, at 0."""
    values = evaluation.weights["layers.0.weights"]
    mask = (np.arange(values.size) % 3 == 0).reshape(values.shape).astype(np.uint8)
    weights = {"layers.0.weights": values, "layers.0.mask": mask}
    masked = replace(evaluation)
    vars(masked).update(
        weights=weights, initial_weights={**weights, "layers.0.weights": values + 1}
    )
    (axes,) = PLOTS["weights"].draw(masked).axes
    after, before = (patch.get_data() for patch in axes.patches)
    assert after.values.sum() == before.values.sum() == mask.sum()
    wanted = np.histogram(values[mask > 0], after.edges)[0]
    np.testing.assert_array_equal(after.values, wanted)


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
    total = counted["layer_0/counts"].sum()
    assert bars.values.sum() == pytest.approx(100)
    assert 40 <= len(bars.values) <= 60
    fine = counted["layer_0/start"] + counted["layer_0/width"] * np.arange(
        len(counted["layer_0/counts"])
    )
    whole = np.histogram(fine, bars.edges, weights=counted["layer_0/counts"])[0]
    np.testing.assert_allclose(bars.values, 100 * whole / total)
    true = found["times"][np.arange(60), found["labels"]]
    counts, edges, _ = labels.patches[1].get_data()
    spiked = true[np.isfinite(true)]
    np.testing.assert_allclose(counts, 100 * np.histogram(spiked, edges)[0] / spiked.size)
    silent = f"true class, {100 * np.isinf(true).mean():.1f} % silent"
    assert labels.get_legend().get_texts()[1].get_text() == silent


def test_a_narrow_initial_peak_flattens_no_histogram(evaluation):
    """The trained weights were a line at the bottom."""
    other = replace(evaluation)
    spread = np.linspace(-3, 3, 600).reshape(-1, 6)
    vars(other).update(
        weights={"layers.0.weights": spread},
        initial_weights={"layers.0.weights": np.full_like(spread, 0.1)},
    )
    (axes,) = PLOTS["weights"].draw(other).axes
    assert axes.get_yscale() == "log"
    level = axes.patches[0].get_data().values.min()
    (place,) = axes.transAxes.inverted().transform(axes.transData.transform([[0, level]]))
    assert place[1] > 0.25
    assert PLOTS["weights"].draw(evaluation).axes[0].get_yscale() == "linear"


def test_numbers_of_synapses_are_whole(evaluation):
    """Of few, the axis told halves."""
    few = replace(evaluation)
    vars(few).update(weights={"layers.0.weights": np.eye(2)}, initial_weights={})
    (axes,) = PLOTS["weights"].draw(few).axes
    assert all(tick == round(tick) for tick in axes.get_yticks())


def test_numbers_below_histograms_of_small_weights_are_apart():
    """Of four layers of Spike-By-Spike, 0.0025 and 0.0050 touched."""
    ends = {"layers.0": 0.14, "layers.2": 0.0135, "layers.4": 0.031, "layers.5": 0.026}
    weights = {f"{key}.weights": np.linspace(0, end, 900)[:, None] for key, end in ends.items()}
    experiment = load_config(located("sbs_mnist_fast"))
    whole = SimpleNamespace(weights=weights, initial_weights={}, epoch=1, experiment=experiment)
    figure = PLOTS["weights"].draw(whole)
    with paper():
        figure.draw_without_rendering()
    for axes in figure.axes[:4]:
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
        boxes = [tick.label1.get_window_extent() for tick in ticks]
        assert len(boxes) >= 3
        assert all(after.x0 > before.x1 + 5 for before, after in pairwise(boxes))
