"""No figure has a panel in which nothing is drawn."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from snnrun.plots import Plot
from snnrun.plots.emptiness import is_empty, without_empty
from snnrun.plots.style import save

NOTHING = {
    "nothing": lambda axes: axes.set_title("a"),
    "a line without points": lambda axes: axes.plot([], [], label="absent"),
    "a line of nan": lambda axes: axes.plot([0, 1], [np.nan, 1])[0].set_data([0], [np.nan]),
    "dots of no sample": lambda axes: axes.scatter([], []),
    "a band without points": lambda axes: axes.fill_between([], [], []),
    "a line across": lambda axes: axes.axhline(1),
}
SOMETHING = {
    "a line": lambda axes: axes.plot([0, 1], [np.nan, 1]),
    "a dot": lambda axes: axes.scatter([1], [2]),
    "a band": lambda axes: axes.fill_between([0, 1], [0, 1], [1, 2]),
    "a histogram": lambda axes: axes.stairs([0, 0, 1]),
    "an image": lambda axes: axes.imshow(np.ones((2, 2))),
    "a mesh": lambda axes: axes.pcolormesh(np.ones((2, 2))),
    "words": lambda axes: axes.text(0.5, 0.5, "a"),
    "ticks": lambda axes: axes.vlines([1, 2], 0, 1),
}


@pytest.mark.parametrize("kind", [*NOTHING, *SOMETHING])
def test_what_is_nothing(kind):
    axes = Figure().subplots()
    (NOTHING | SOMETHING)[kind](axes)
    assert is_empty(axes) == (kind in NOTHING)


@pytest.mark.parametrize("kind", NOTHING)
def test_a_panel_of_nothing_is_taken_out_and_a_figure_of_nothing_is_none(kind):
    figure = Figure()
    first, second = figure.subplots(1, 2)
    first.plot([0, 1])
    NOTHING[kind](second)
    assert without_empty(figure).axes == [first]
    alone = Figure()
    NOTHING[kind](alone.subplots())
    assert without_empty(alone) is None


def test_whoever_draws_a_figure_it_has_no_empty_panel(tmp_path, monkeypatch):
    """Runs that logged nothing had axes with a legend of lines that were absent."""

    def drawer(_):
        figure = Figure()
        figure.subplots(1, 2)[0].plot([0, 1])
        return figure

    monkeypatch.setattr(Plot, "load", lambda self: drawer)
    assert len(Plot("a:b", "of nothing").draw(None).axes) == 1
    figure = drawer(None)
    assert len(save(figure, tmp_path, "a")) == 2
    assert len(figure.axes) == 1
    empty = Figure()
    empty.subplots()
    assert save(empty, tmp_path, "b") == []
    assert not list(tmp_path.glob("b*"))
