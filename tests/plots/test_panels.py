"""Axes and legends that fit what is drawn, whatever that is."""

from itertools import pairwise

import numpy as np
import pytest

from snnrun.plots.panels import legend_below, log_scale
from snnrun.plots.style import new_figure, paper


@pytest.mark.parametrize("low", [2e-1, 3e-2, 1e-3, 1e-5, 1e-9])
@pytest.mark.parametrize("zero", [False, True])
def test_a_logarithmic_axis_has_numbers_whatever_it_spans(low, zero):
    """A loss that fell from 1 to 1e-9 had not one."""
    with paper():
        figure = new_figure(89, 50)
        axes = figure.subplots()
        axes.plot([0, 1, 2], [1.0, low, 0.0 if zero else low])
        log_scale(axes)
        figure.draw_without_rendering()
    bottom, top = axes.get_ylim()
    shown = [tick for tick in axes.yaxis.get_major_ticks() if bottom <= tick.get_loc() <= top]
    labels = [tick.label1.get_text() for tick in shown]
    assert 2 <= len([label for label in labels if label not in ("", "0")]) <= 11
    assert not any("e" in label for label in labels)
    boxes = [tick.label1.get_window_extent() for tick in shown if tick.label1.get_text()]
    ends = sorted((box.y0, box.y1) for box in boxes)
    assert all(after[0] > before[1] - 2 for before, after in pairwise(ends))


@pytest.mark.parametrize(("width", "columns"), [(183, 4), (89, 2), (40, 1)])
def test_a_legend_has_as_many_columns_as_fit(width, columns):
    with paper():
        figure = new_figure(width, 60)
        axes = figure.subplots()
        for index in range(4):
            axes.plot(np.arange(3), label=f"a line with a name: {index}")
        legend = legend_below(figure, axes.lines)
        figure.draw_without_rendering()
    box = legend.get_window_extent()
    assert -1 <= box.x0 < box.x1 <= figure.bbox.width + 1
    lefts = {round(text.get_window_extent().x0) for text in legend.get_texts()}
    assert len(lefts) == columns
    assert figure.legends == [legend]
