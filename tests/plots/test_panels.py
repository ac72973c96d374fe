"""Axes and legends that fit what is drawn, whatever that is."""

from itertools import pairwise

import numpy as np
import pytest

from snnrun.config.shipped import located
from snnrun.experiment import load_config
from snnrun.plots.names import as_configured, kinds, tensor_titles
from snnrun.plots.network.bars import titles
from snnrun.plots.panels import legend_below, letter, log_scale, row_of_panels, share_y
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


def test_ticks_above_a_zero_are_apart():
    """Of four samples an error is 75, 50, 25 or 0 %, and 70, 80 and 90 touched each other."""
    with paper():
        figure = new_figure(89, 40)
        axes = figure.subplots()
        axes.plot([0, 1, 2], [75.0, 25.0, 0.0])
        log_scale(axes)
        figure.draw_without_rendering()
    ticks = [tick for tick in axes.yaxis.get_major_ticks() if tick.label1.get_text()]
    boxes = [tick.label1.get_window_extent() for tick in ticks]
    assert len(boxes) >= 3
    assert all(after.y0 > before.y1 + 2 for before, after in pairwise(boxes))


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


def test_rows_of_one_quantity_have_one_scale():
    """Of ten classes, the membranes of the second five had another scale than those above."""
    with paper():
        figure = new_figure(89, 60)
        panels = figure.subplots(2, 2, sharey="row").ravel()
        for axes, low, high in zip(panels[:3], (0, 1, -2), (3, 5, 4), strict=True):
            axes.plot([low, high])
            axes.set_ylim(low, high)
        share_y(panels)
    assert {axes.get_ylim() for axes in panels} == {(-2, 5)}


def test_a_panel_alone_has_no_letter():
    with paper():
        panels = new_figure(89, 60).subplots(1, 3)
        letter(panels[:1])
        assert panels[0].get_title(loc="left") == ""
        letter(iter(panels))
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("number", "rows"), [(1, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3), (8, 3)]
)
def test_no_panel_is_alone_in_its_row(number, rows):
    """Of four layers, the last one stood beside two blanks."""
    with paper():
        _, panels = row_of_panels(number)
    places = [axes.get_subplotspec() for axes in panels]
    assert places[-1].get_gridspec().nrows == rows
    assert number in (1, 7) or places[-1].colspan.start > 0  # seven are in two columns, too


def test_layers_of_a_stack_of_any_kinds_are_called_by_these():
    """Weights went by their keys, and a LIF layer behind a norm was hidden layer 3."""
    experiment = load_config(located("stbp_mnist"))
    known = kinds(experiment)
    assert [known[f"layers.{place}"] for place in (0, 1, 2, 3, 6, 8, 10)] == [
        "conv 1", "batch_norm 1", "lif 1", "conv 2", "max_pool", "linear", "lif 3",
    ]  # fmt: skip
    names = ["layers.3.weight", "layers.8.weight", "readout.0.weight"]
    assert tensor_titles(experiment, names) == ["conv 2", "linear", "readout"]
    assert titles(experiment, ["layers.2", "readout"]) == ["lif 1", "readout"]
    assert kinds(load_config(located("eligibility_digits"))) == {}


def test_layers_behind_delays_are_called_as_in_other_figures():
    """``activity`` and ``cost`` called them 0 and 1."""
    experiment = load_config(located("first_spike_delays_yin_yang"))
    assert titles(experiment, ["layers.0", "layers.1"]) == ["hidden layer", "label layer"]


def test_groups_and_synapses_of_a_graph_stand_in_the_order_of_its_config():
    """By the alphabet, ``hidden -> out`` stood before ``in -> hidden``."""
    experiment = load_config(located("pysnn_mlp_cyclic"))
    edges = ["hidden->out", "in->hidden", "out->hidden"]
    for before, after in (("network.synapses.", ".weight"), ("synapses.", "")):
        names = [f"{before}{edge}{after}" for edge in edges]
        assert as_configured(experiment, names) == [names[1], names[0], names[2]]
    assert as_configured(experiment, ["neurons.out", "neurons.hidden"])[0] == "neurons.hidden"
