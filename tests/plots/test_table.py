"""The table of figures: each entry tells what it shows and names a function that is there."""

import inspect

import pytest

from snnrun.data.dataset import SPLITS
from snnrun.plots import PLOTS, Plot


@pytest.mark.parametrize("name", PLOTS)
def test_every_entry_tells_what_it_shows_and_names_a_function(name):
    plot = PLOTS[name]
    drawer = plot.load()
    first = next(iter(inspect.signature(drawer).parameters))
    assert first == "evaluation"
    assert drawer.__doc__
    assert plot.summary[0].islower()
    assert set(plot.splits) <= set(SPLITS)


def test_a_figure_is_drawn_in_the_style_of_all(monkeypatch):
    """The width of a line tells: it is thinner there than elsewhere."""
    plot = Plot("tests.plots.test_table:line", "a line")
    assert plot.draw(None).axes[0].lines[0].get_linewidth() == 1.0


def line(evaluation):
    from snnrun.plots.style import new_figure

    figure = new_figure(50, 50)
    figure.subplots().plot([1, 2])
    return figure
