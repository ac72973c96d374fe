"""Figures of before and after training, and of weights and delays, show what was measured."""

import numpy as np

from snnrun.plots import PLOTS
from snnrun.plots.before import some
from tests.evaluation.networks import lif
from tests.evaluation.runs import measured, saved, without


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
    figure = PLOTS["membranes_before_after"].draw(evaluation)
    first = figure.axes[0]
    assert first.get_title() == f"neuron {after['traced_0'][0]}"
    for line, found in zip(first.lines, (before, after), strict=False):
        np.testing.assert_allclose(line.get_ydata()[::2], found["membranes_0"][:, 0])


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
