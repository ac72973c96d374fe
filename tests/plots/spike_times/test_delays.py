"""The figure of delays: the delays that act, then and now, and what was logged of them."""

from dataclasses import replace

import numpy as np
import pytest

from snnrun.plots import PLOTS
from snnrun.plots.spike_times.delays import stages
from tests.evaluation.runs import changed
from tests.plots.conftest import EPOCHS, example


def test_stages_tell_how_many_delays_of_which_kind_there_are(delayed):
    assert [stage.title for stage in stages(delayed)] == [
        "before the hidden layer:\n2 axonal delays",
        "before the label layer:\n21 synaptic delays",
    ]


@pytest.mark.parametrize("layer", [0, 1])
def test_lines_show_the_logged_values(delayed, drawn, layer):
    axes = drawn("delays").axes[2 * layer]
    logged = {
        of: delayed.run.curve("train", f"delays/layers.{layer}.before.0/{of}")
        for of in ("mean", "min", "max")
    }
    epochs, means = axes.lines[0].get_data()
    np.testing.assert_array_equal(epochs, np.arange(EPOCHS + 1))
    np.testing.assert_array_equal(means, logged["mean"][1])
    corners = axes.collections[0].get_paths()[0].vertices
    for epoch in (0, 5, EPOCHS):
        heights = corners[corners[:, 0] == epoch][:, 1]
        found = heights.min(), heights.max()
        assert found == pytest.approx((logged["min"][1][epoch], logged["max"][1][epoch]))


def test_histograms_count_every_delay_on_the_axis_of_the_curves(delayed, drawn):
    axes = drawn("delays").axes
    for left, right, stage in zip(axes[::2], axes[1::2], stages(delayed), strict=True):
        now, then = (patch.get_data() for patch in right.patches)
        np.testing.assert_array_equal(now.values, stage.now)
        np.testing.assert_array_equal(then.values, stage.initial)
        np.testing.assert_array_equal(now.edges, stage.edges)
        np.testing.assert_array_equal(then.edges, stage.edges)
        assert all(patch.orientation == "horizontal" for patch in right.patches)
        assert left.get_ylim() == right.get_ylim()


def test_without_an_initial_state_there_is_one_histogram(delayed):
    none = {f"layers.{layer}.before.0/initial": np.empty(0, int) for layer in (0, 1)}
    axes = PLOTS["delays"].draw(changed(delayed, "delays", **none)).axes
    assert [len(panel.patches) for panel in axes] == [0, 1, 0, 1]


def test_of_a_run_that_logged_no_delays_there_are_histograms(delayed, run):
    """There was an empty panel for each stage, and a legend of lines that were absent."""
    run.cut_lines(0, 10**9)
    figure = PLOTS["delays"].draw(replace(delayed, run=run))
    assert [len(axes.patches) for axes in figure.axes if axes.axison] == [2, 2]
    for axes, stage in zip(figure.axes, stages(delayed), strict=True):
        assert axes.get_xlabel() == "delay (τₛ)"
        np.testing.assert_array_equal(axes.patches[0].get_data().values, stage.now)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["epoch 12", "initial"]


def test_one_stage_takes_one_column(run):
    delay = {"name": "delay", "kind": "dendritic", "positivity": {"name": "shift"}}
    figure = PLOTS["delays"].draw(example(run, before=[delay]))
    assert 25.4 * figure.get_size_inches()[0] == pytest.approx(89)
    axes = figure.axes[0]
    assert axes.get_title() == "before the label layer:\n3 dendritic delays"
    assert not axes.get_title(loc="left"), "a panel alone has a letter"


def test_a_network_without_delays_has_no_figure(network):
    assert PLOTS["delays"].draw(network) is None
