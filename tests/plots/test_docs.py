"""The page on figures tells which there are, and what each is drawn from.

That they are drawn from nothing else, tests/plots/test_from_files.py sees.
"""

import pytest

from snnrun.plots import PLOTS
from tests.plots.page import FILES, PAGE, files_of, rows

ROWS = rows()


def test_it_lists_every_figure_once_and_no_other():
    assert sorted(ROWS) == sorted(map(files_of, PLOTS))


@pytest.mark.parametrize("name", PLOTS)
def test_it_tells_the_measures_that_a_figure_is_drawn_from(name):
    told = [word for word in ROWS[files_of(name)] if word not in FILES]
    assert tuple(told) == PLOTS[name].measures


def test_the_other_files_of_figures_are_named():
    for word in (
        "curves_<n>_runs",
        "live_accuracy.png",
        "-o DIR",
        "evaluation/epoch_0100/test.npz",
    ):
        assert word in PAGE
