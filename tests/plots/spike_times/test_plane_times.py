"""Spike times over the input plane: each neuron at its place, silence left blank."""

import numpy as np
import pytest

from snnrun.plots import PLOTS, plane
from snnrun.plots.spike_times.plane_times import behind_earliest, mosaic
from tests.evaluation.runs import without


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
