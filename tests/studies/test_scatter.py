"""A search as a figure: a panel for each setting, points where they belong."""

import numpy as np
import pytest

from snnrun.plots.style import ACCENT, save
from snnrun.studies.scatter import draw
from snnrun.studies.table import Row


def row(lr, rule, accuracy, seed=0, epochs=5, **more):
    point = {"train.optimizer.lr": lr, "learning.name": rule, **more}
    return Row(point, seed, {"accuracy": accuracy, "loss": 1.0}, 2.0, "r", epochs)


ROWS = [
    row(0.1, "eprop", 0.9, 0, **{"learning.kappa": 0.5}),
    row(0.1, "eprop", 0.8, 1, **{"learning.kappa": 0.5}),
    row(0.001, "ottt", 0.6),
    row(0.01, "eprop", 0.3, epochs=2, **{"learning.kappa": 0.25}),
]


@pytest.fixture(scope="module")
def panels():
    return draw(ROWS).axes


def drawn(axes, line):
    return [np.round(np.asarray(each, float), 6).tolist() for each in axes.lines[line].get_data()]


def test_there_is_a_panel_for_each_setting(panels):
    assert [axes.get_xlabel() for axes in panels[:3]] == ["optimizer.lr", "name", "kappa"]
    assert panels[0].get_ylabel() == "accuracy (%)"


def test_points_are_means_over_seeds_and_those_given_up_are_hollow(panels):
    assert drawn(panels[0], 0) == [[0.1, 0.001], [85.0, 60.0]]
    assert drawn(panels[0], 1) == [[0.01], [30.0]]
    assert panels[0].lines[1].get_markerfacecolor() == "none"


def test_panels_have_room_where_no_run_was_given_up(tmp_path):
    """A line without points lay in the corner of the figure, and the panels shrank to reach it."""
    figure = draw(ROWS[:3])
    save(figure, tmp_path, "table")
    places = [axes.get_position() for axes in figure.axes[:3]]
    assert all(place.width > 0.2 for place in places)


def test_the_best_point_is_marked(panels):
    assert [drawn(axes, 2) for axes in panels[:2]] == [[[0.1], [85.0]], [[0.0], [85.0]]]
    assert panels[0].lines[2].get_color() == ACCENT


def test_wide_ranges_are_logarithmic_and_words_are_named(panels):
    assert [axes.get_xscale() for axes in panels[:3]] == ["log", "linear", "linear"]
    assert [tick.get_text() for tick in panels[1].get_xticklabels()] == ["eprop", "ottt"]


def test_points_without_a_setting_are_not_in_its_panel(panels):
    assert drawn(panels[2], 0) == [[0.5], [85.0]]
