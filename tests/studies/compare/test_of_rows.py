"""A sweep as a comparison, made from its table."""

import math

import pytest

from snnrun.studies.compare.figures import against, points
from snnrun.studies.compare.of_rows import compared
from snnrun.studies.table import Row


def rows(key, values, accuracies):
    return [
        Row({key: value}, seed, {"accuracy": accuracy}, 1.0, "r")
        for value, own in zip(values, accuracies, strict=True)
        for seed, accuracy in enumerate(own)
    ]


def test_groups_differ_in_more_than_their_seed():
    few, many = compared(rows("size", (5, 30), ([0.5, 0.7], [0.9, math.nan]))).groups
    assert (few.label, few.settings) == ("size 5", {"size": 5})
    assert few.spreads["accuracy"].mean == pytest.approx(0.6)
    assert many.values["accuracy"] == {0: 0.9}  # a run that diverged has no number


def test_a_setting_that_is_a_number_is_an_axis_with_a_line():
    """As logarithmic as its values are."""
    whole = compared(rows("train.optimizer.lr", (1e-3, 1e-1, 1e-2), ([0.5], [0.9], [0.7])))
    axes = against.draw(whole).axes[0]
    assert axes.get_xscale() == "log"
    assert list(axes.lines[0].get_xdata()) == pytest.approx([1e-3, 1e-2, 1e-1])
    assert list(axes.lines[0].get_ydata()) == pytest.approx([50, 70, 90])
    assert axes.get_xlabel() == "optimizer.lr"


def test_words_have_a_row_each_and_maps_are_no_json():
    optimizers = ({"name": "adam", "lr": 0.1}, {"name": "sgd", "lr": 1.0})
    whole = compared(rows("train.optimizer", optimizers, ([0.5, 0.6], [0.7, 0.8])))
    assert against.draw(whole) is None
    ticks = points.draw(whole).axes[0].get_yticklabels()
    assert [tick.get_text() for tick in ticks] == ["adam, lr 0.1", "sgd, lr 1.0"]
