"""Figures of before and after training, and of weights and delays, show what was measured."""

from itertools import pairwise

import numpy as np
import pytest

from snnrun.plots import PLOTS
from snnrun.plots.before import some
from snnrun.plots.steps.membranes import wide
from snnrun.plots.style import new_figure, paper
from tests.evaluation.networks import lif
from tests.evaluation.runs import changed, measured, saved, without


def spikes_in(axes):
    """How many ticks a raster has."""
    return sum(len(each.get_paths()) for each in axes.collections)


def test_rasters_hold_every_spike_before_and_after(network, drawn):
    panels = [axes for axes in drawn("raster_before_after").axes if axes.collections]
    titles = [axes.get_title() for axes in panels]
    names = [network.classes[label] for label in network.of("spike_examples")["labels"]]
    expected = [f"class {n}, {w} training" for w in ("before", "after") for n in names]
    assert titles == expected
    for number, end in enumerate(("_before", "")):
        found = network.of(f"spike_examples{end}")
        for example in range(3):
            times = [found["input"][example], found["layer_0"][example], found["layer_1"][example]]
            biases = len(found["biases_0"]) + len(found["biases_1"])
            finite = sum(int(np.isfinite(each).sum()) for each in times)
            assert spikes_in(panels[3 * number + example]) == finite + biases


def test_a_membrane_ends_at_its_spike(network, drawn):
    axes = drawn("raster_before_after").axes
    bottoms = [each for each in axes if not each.collections][:3]
    spikes = network.of("spike_examples_before")["layer_1"]
    for panel, times in zip(bottoms, spikes, strict=True):
        dots = [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(sorted(dots), sorted(times[np.isfinite(times)]))


def test_without_the_untrained_network_there_is_no_figure(network):
    bare = without(network, "spike_examples_before", *network.of("spike_examples_before"))
    assert PLOTS["raster_before_after"].draw(bare) is None


def test_steps_and_membranes_before_and_after(tmp_path):
    live = lif({"name": "leaky"}, "eprop")
    state = live.learner.state_dict()
    higher = {n: v + 0.1 for n, v in state.items() if n.startswith("model.")}
    evaluation = measured(saved(tmp_path / "run", live, higher))
    before, after = (evaluation.of(f"step_examples{end}") for end in ("_before", ""))
    axes = PLOTS["steps_before_after"].draw(evaluation).axes
    readouts = [each for each in axes if not each.images]
    for number, found in enumerate((before, after)):
        for example in range(3):
            lines = readouts[3 * number + example].lines
            drawn = np.array([line.get_ydata() for line in lines if len(line.get_xdata()) > 2])
            np.testing.assert_allclose(drawn, found["readout"][example].T)
    greys = changed(evaluation, "step_examples", input=0.5 * after["input"])
    labels = [axes.get_ylabel() for axes in PLOTS["steps_before_after"].draw(greys).axes]
    assert labels.count("input") == 1  # what the greys are
    figure = PLOTS["membranes_before_after"].draw(evaluation)
    first = figure.axes[0]
    assert first.get_title() == f"neuron {after['traced_0'][0]}"
    for line, found in zip(first.lines, (before, after), strict=False):
        wanted = found["membranes_0"][:, 0] / found["thresholds"][0]  # as in `membranes`
        np.testing.assert_allclose(line.get_ydata()[::2], wanted)
    assert first.get_ylabel() == PLOTS["membranes"].draw(evaluation).axes[0].get_ylabel()


def test_a_point_for_each_synapse(delayed):
    found = delayed.of("synapses")
    mains = [a for a in PLOTS["weights_and_delays"].draw(delayed).axes if len(a.lines) == 3]
    for index, axes in enumerate(mains):
        before, after, _ = axes.lines
        for line, end in ((before, "_before"), (after, "")):
            np.testing.assert_array_equal(line.get_xdata(), found[f"layers.{index}/weights{end}"])
            np.testing.assert_array_equal(line.get_ydata(), found[f"layers.{index}/delays{end}"])
    assert len(mains) == 2


def test_networks_without_delays_have_no_figure_of_them(network):
    assert PLOTS["weights_and_delays"].draw(network) is None


def test_mismatch_of_time_constants_begins_with_the_network_as_trained(network, drawn):
    found = network.of("time_constants")
    *_, line = drawn("time_constants").axes[0].lines
    errors = 100 * (1 - found["time_constants"].mean(1) / found["samples"])
    trained = 100 * (1 - found["right"] / found["samples"])
    np.testing.assert_allclose(line.get_ydata(), [trained, *errors])
    np.testing.assert_allclose(line.get_xdata(), [0, *100 * found["strengths"]])


def test_examples_lie_apart():
    assert some(1) == [0]
    assert some(20) == [0, 9, 19]


@pytest.mark.parametrize("ends", [(-2, 7), (-30, 40), (-0.5, 200), (-300, 0)])
def test_ticks_of_a_compressed_axis_do_not_touch(ends):
    """Where membranes go from -30 to 40 thresholds, 2 and 5 were written over each other."""
    with paper():
        figure = new_figure(183, 132)
        axes = figure.subplots(3, 5, sharey="row")[0, 0]
        wide(axes, np.array(ends, float))
        figure.draw_without_rendering()
    low, high = axes.get_ylim()
    shown = [tick for tick in axes.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [tick.label1.get_window_extent() for tick in shown]
    assert len(boxes) >= 3
    assert all(after.y0 > before.y1 for before, after in pairwise(boxes))
