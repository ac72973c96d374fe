"""When the label neurons spike: every sample is there, or it is told how many are."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.plots import PLOTS
from snnrun.plots.spike_times import latency
from snnrun.plots.style import class_colours
from tests.evaluation.runs import changed
from tests.plots.test_figures import experiment_of_digits


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
    assert axes.get_xlim() == (-0.5, 1202.5)


def test_of_ten_neurons_the_true_one_and_its_rival_have_dots(evaluation):
    """Ten colours were confetti; the axis reached to spikes that decide nothing."""
    random, labels = np.random.default_rng(3), np.repeat(np.arange(10), 6)
    times = 1 + random.random((60, 10))
    times[:, 9] = np.where(labels == 9, times[:, 9], 40)
    ten = replace(evaluation, experiment=experiment_of_digits())
    figure = PLOTS["output_times"].draw(
        changed(ten, "output_times", times=times, labels=labels, predictions=times.argmin(1))
    )
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[:2] == ["true neuron", "earliest other neuron"]
    for true, axes in enumerate(figure.axes):
        own, rival = axes.collections
        values = times[labels == true]
        rivals = np.delete(values, true, axis=1).min(axis=1)
        places, heights = own.get_offsets()[own.get_offsets()[:, 0].argsort()].T
        np.testing.assert_array_equal(places, range(6))
        np.testing.assert_array_equal(heights, np.sort(values[:, true]))
        order = np.argsort(values[:, true], kind="stable")
        along = rival.get_offsets()[:, 0].astype(int)
        np.testing.assert_array_equal(rival.get_offsets()[:, 1], rivals[order][along])
        wrong = (rivals < values[:, true])[order][along]
        red = [to_hex(colour) == "#bd1f01" for colour in rival.get_facecolors()]
        np.testing.assert_array_equal(red, wrong)
        assert axes.get_ylim()[1] < 3
    assert figure.axes[7].get_xlabel() == "sample, sorted by true neuron"


def test_the_axis_ends_with_the_samples(network):
    """Of two samples, it went from -1 to 2, by halves."""
    few = {key: array[[0, 3]] for key, array in network.of("output_times").items()}
    few["labels"] = np.zeros(2, int)
    axes = PLOTS["output_times"].draw(changed(network, "output_times", **few)).axes[0]
    assert axes.get_xlim() == (-0.5, 1.5)
    inside = [tick for tick in axes.get_xticks() if -0.5 <= tick <= 1.5]
    assert inside == [0, 1]


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


def test_samples_are_counted_in_whole_numbers(network):
    """Of 15 samples of a class, the axis told the 2.5th."""
    few = {key: array[:9] for key, array in network.of("output_times").items()}
    for axes in PLOTS["output_times"].draw(changed(network, "output_times", **few)).axes[:3]:
        axes.figure.draw_without_rendering()
        assert all(float(tick) == round(tick) for tick in axes.get_xticks())


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
