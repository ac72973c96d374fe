"""The figures of one evaluation: every one is drawn, and shows the numbers it should."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from snnrun.data import DATASETS
from snnrun.evaluation.figures import fitting
from snnrun.plots import PLOTS, confusion
from snnrun.plots.style import paper
from tests.evaluation.runs import changed
from tests.plots.conftest import experiment

FITTING = list(fitting(experiment()))


@pytest.mark.parametrize("name", FITTING)
def test_every_figure_fits_a_page(name, drawn):
    width, height = 25.4 * drawn(name).get_size_inches()
    assert round(width) in (89, 110, 122, 183)
    assert height < 240


@pytest.mark.parametrize("name", FITTING)
def test_nothing_is_cut_at_the_edges(name, drawn):
    """Legends that were wider than their figure lost both ends."""
    figure = drawn(name)
    figure.draw_without_rendering()
    inside, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(inside.x0, inside.y0, width - inside.x1, height - inside.y1) > -0.02


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
        "rounding step of weights\n(the largest weight is 5.4)",
        "weight noise (%)",
        "input jitter (τₛ)",
        "threshold mismatch (%)",
        "error (%)",
    ],
    "weights_and_delays": ["weight", "delay (τₛ)"],
    "raster_before_after": ["time (τₛ)", "membrane of labels\n(leak 0, threshold 1)"],
    "time_constants": ["mismatch of time constants (%)", "error (%)"],
    "spike_times": ["spike time (τₛ)", "spikes (%)"],
    "raster": ["time (τₛ)", "membrane of labels\n(leak 0, threshold 1)"],
    "causal_sets": ["inputs before the spike", "spikes (%)"],
    "classes": ["class", "share (%)"],
    "activity": ["share (%)", "spikes per neuron"],
    "cost": ["operations a sample"],
    "input_noise": ["standard deviation of the noise (values in 0 to 1)", "error (%)"],
    "latency": ["time (τₛ)", "samples of the test split (%)"],
}


@pytest.mark.parametrize("name", FITTING)
def test_axes_tell_quantity_and_unit(name, drawn):
    axes = drawn(name).axes
    labels = {a.get_xlabel() for a in axes} | {a.get_ylabel() for a in axes}
    assert labels - {""} == set(LABELS[name])


def test_confusion_cells_hold_the_counts(evaluation, drawn):
    table, found = confusion.table_of(evaluation), evaluation.of("answers")
    for true in range(3):
        for column, predicted in enumerate((0, 1, 2, -1)):
            both = (found["labels"] == true) & (found["predictions"] == predicted)
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
    counts = np.pad(1000 * np.eye(10, dtype=int), ((0, 0), (0, 1)))
    counts[0, [0, 2]] = 996, 4
    counts[1, [1, 3]] = 999, 1
    ten = replace(evaluation, experiment=experiment_of_digits())
    many = changed(ten, "answers", counts=counts)
    written = [text.get_text() for text in PLOTS["confusion"].draw(many).axes[0].texts]
    assert written[:5] == ["99.6", "", "0.4", "", ""]
    assert written[10:15] == ["", "99.9", "", "0.1", ""]
    assert written[-1] == "100"


def experiment_of_digits():
    """Ten classes."""
    digits = {"data": {"name": "digits"}, "layers": [{"size": 10}]}
    settings = experiment().model_dump()
    settings["model"]["layers"] = digits["layers"]
    return type(experiment()).model_validate(settings | {"data": digits["data"]})


def test_confusion_has_room_for_long_names_of_classes(evaluation):
    """The matrix was a dot between the names of folders of pictures."""
    names = ("cat", "short-haired pointing dog", "a very long name of a class of own pictures")
    data = {**evaluation.experiment.data.model_dump(), "name": "arrays"}
    files = {"values": "x.npy", "targets": "y.npy"}
    own = DATASETS["arrays"].settings(
        train=files, test=files, shape=data.get("shape") or (4,), names=names, targets_are="classes"
    )
    named = replace(evaluation, experiment=evaluation.experiment.model_copy(update={"data": own}))
    assert named.classes == names
    with paper():
        figure = PLOTS["confusion"].draw(named)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        assert axes.bbox.width > 0.35 * figure.bbox.width
        boxes = [text.get_window_extent() for text in axes.get_xticklabels()]
        assert not any(one.overlaps(next_) for one, next_ in pairwise(boxes))


def test_confusion_tells_of_how_many_samples_some_were_drawn(evaluation):
    counts = np.array([[9, 2, 0, 1], [1, 3, 0, 0], [0, 1, 3, 0]])
    few = replace(evaluation, facts={**evaluation.facts, "samples": 20})
    title = PLOTS["confusion"].draw(changed(few, "answers", counts=counts)).axes[0].get_title()
    assert title == "test: 75.00 % of 20 right, drawn from 60"


def test_confusion_has_no_column_none_when_every_sample_has_a_class(evaluation):
    counts = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0]])
    every = changed(evaluation, "answers", counts=counts)
    np.testing.assert_array_equal(confusion.table_of(every), counts[:, :3])
