"""Figures of what a run keeps of every epoch: each line is the array that it says."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from snnrun.errors import DataError
from snnrun.plots import PLOTS
from snnrun.plots.style import INK, class_colours
from tests.plots.conftest import EPOCHS

EVERY = np.arange(EPOCHS + 1)


def lines(axes):
    """The weights ``[epochs, inputs]`` and biases of a panel."""
    groups = [group for group in axes.collections if isinstance(group, LineCollection)]
    for group in groups:
        for segment in group.get_segments():
            np.testing.assert_array_equal(segment[:, 0], EVERY)
    return [np.stack([segment[:, 1] for segment in group.get_segments()], 1) for group in groups]


def levels(axes, style):
    return [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == style]


def test_every_weight_of_a_label_neuron_is_a_line_of_its_panel(evaluation, drawn):
    values = evaluation.run.history()["layers.1.weights"].values
    panels = drawn("weights_over_epochs").axes
    assert [axes.get_title() for axes in panels] == [
        f"label neuron {name}" for name in ("yang", "yin", "dot")
    ]
    for neuron, axes in enumerate(panels):
        weights, biases = lines(axes)
        np.testing.assert_array_equal(weights, values[:, :7, neuron])
        np.testing.assert_array_equal(biases, values[:, 7:, neuron])
        assert to_hex(axes.collections[0].get_color()[0]) == class_colours(3)[neuron]
        assert to_hex(axes.collections[1].get_color()[0]) == INK
        assert axes.get_ylim() == panels[0].get_ylim()
        assert axes.get_ylim()[0] < values.min() < values.max() < axes.get_ylim()[1]


def limited(network, run, bound, precision):
    settings = network.experiment
    learning = settings.learning.model_copy(update={"max_weight": bound})
    model = settings.model.model_copy(update={"weight_precision": precision})
    changes = {"learning": learning, "model": model}
    return replace(network, run=run, experiment=settings.model_copy(update=changes))


def test_bound_and_rounding_are_lines(network, run):
    axes = PLOTS["weights_over_epochs"].draw(limited(network, run, 2.5, 0.5)).axes[1]
    assert levels(axes, "--") == [-2.5, 2.5]
    low, high = axes.get_ylim()
    assert low < -2.5 < 2.5 < high
    assert levels(axes, "-") == [step / 2 for step in range(-20, 21) if low <= step / 2 <= high]
    said = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert said == ["weight", "bias", "clipped at ±2.5", "rounded to multiples of 0.5"]


def test_the_bound_of_a_layer_comes_first(network, run):
    made = limited(network, run, 2.5, None)
    first, last = made.experiment.model.layers
    layers = first, last.model_copy(update={"max_weight": 1.5})
    model = made.experiment.model.model_copy(update={"layers": layers})
    bounded = replace(made, experiment=made.experiment.model_copy(update={"model": model}))
    axes = PLOTS["weights_over_epochs"].draw(bounded).axes[0]
    assert levels(axes, "--") == [-1.5, 1.5]


def test_a_far_bound_and_fine_rounding_are_only_named(network, run):
    axes = PLOTS["weights_over_epochs"].draw(limited(network, run, 50.0, 0.01)).axes[0]
    assert axes.get_ylim()[1] < 20
    assert levels(axes, "-") == []
    shown = {line.get_label(): line.get_linestyle() for line in axes.figure.legends[0].get_lines()}
    assert shown["clipped at ±50"] == shown["rounded to multiples of 0.01"] == "None"


def test_other_layers_have_one_panel_in_front(evaluation, run):
    hidden = np.random.default_rng(2).normal(size=(EPOCHS + 1, 6, 7))
    for epoch, values in enumerate(hidden):
        run.append_history(epoch, {"layers.0.weights": values})
    first, *labels = PLOTS["weights_over_epochs"].draw(evaluation).axes
    assert first.get_title() == "hidden layer"
    assert len(labels) == 3
    weights, biases = lines(first)
    np.testing.assert_array_equal(weights, hidden[:, :4].reshape(13, -1).astype("f4"))
    np.testing.assert_array_equal(biases, hidden[:, 4:].reshape(13, -1).astype("f4"))


def test_times_show_mean_and_spread_of_each_class(evaluation, drawn):
    history = evaluation.run.history()
    mean, std = (history[f"label_times/{of}"].values for of in ("mean", "std"))
    for true, axes in enumerate(drawn("label_times_over_epochs").axes):
        assert axes.get_title() == f"true class: {('yang', 'yin', 'dot')[true]}"
        for neuron, line in enumerate(axes.lines):
            np.testing.assert_array_equal(line.get_xdata(), EVERY)
            np.testing.assert_array_equal(line.get_ydata(), mean[:, true, neuron])
            assert line.get_color() == class_colours(3)[neuron]
        for neuron, band in enumerate(axes.collections):
            corners = np.concatenate([path.vertices for path in band.get_paths()])
            for epoch in (0, 7, EPOCHS):
                own, spread = mean[epoch, true, neuron], std[epoch, true, neuron]
                heights = np.unique(corners[corners[:, 0] == epoch][:, 1])
                assert [heights.min(), heights.max()] == pytest.approx([own - spread, own + spread])
    assert np.isnan(mean[3, 0, 2])
    low, high = axes.get_ylim()
    assert low < np.nanmin(mean - std) < np.nanmax(mean + std) < high


@pytest.mark.parametrize("name", ["weights_over_epochs", "label_times_over_epochs"])
def test_a_run_that_kept_nothing_has_no_figure(name, evaluation, run):
    run.cut_lines(10**9, 3)  # one epoch
    assert PLOTS[name].draw(evaluation) is None
    (run.path / "history.jsonl").unlink()
    assert PLOTS[name].draw(evaluation) is None


def test_times_of_which_a_crash_cut_off_the_spread_end_an_epoch_earlier(evaluation, run):
    path = run.path / "history.jsonl"
    (last,) = (i for i, line in enumerate(run.history_lines()) if f'"epoch": {EPOCHS}' in line
               and '"label_times/std"' in line)  # fmt: skip
    kept = run.history_lines()
    path.write_text("".join(kept[:last] + kept[last + 1 :]))
    for axes in PLOTS["label_times_over_epochs"].draw(evaluation).axes:
        for line in axes.lines:
            np.testing.assert_array_equal(line.get_xdata(), EVERY[:-1])


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0, 3)])
@pytest.mark.parametrize(
    ("figure", "name"),
    [("weights_over_epochs", "layers.1.weights"), ("label_times_over_epochs", "label_times/std")],
)
def test_arrays_of_another_network_are_refused(figure, name, shape, evaluation, run):
    run.cut_lines(10**9, 0)
    for epoch in range(3):
        run.append_history(epoch, {name: np.ones(shape)})
    with pytest.raises(DataError, match=rf"history\.jsonl: {name} is \["):
        PLOTS[figure].draw(evaluation)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_leave_an_axis(value, evaluation, run):
    shape = evaluation.weights["layers.1.weights"].shape
    run.cut_lines(10**9, 0)
    for epoch in range(3):
        run.append_history(epoch, {"layers.1.weights": np.full(shape, value)})
    figure = PLOTS["weights_over_epochs"].draw(evaluation)
    assert np.isfinite(figure.axes[0].get_ylim()).all()
