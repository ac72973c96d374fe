"""Figures of activity, cost, decisions and classes show what measures keep."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from snnrun.plots import PLOTS
from snnrun.plots.network.bars import layer_axis, short
from snnrun.plots.style import new_figure
from snnrun.runs import evaluation as files
from snnrun.runs.folder import RunDir
from tests.evaluation.runs import changed


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def test_activity_of_each_layer(evaluation, drawn):
    found = evaluation.of("activity")
    density, shares = drawn("activity").axes
    layers = ["layers.0", "layers.1"]
    assert heights(density) == [found[f"{layer}/density"] for layer in layers]
    sent = sum(evaluation.of("spikes")[f"{layer}/spikes"] for layer in layers)
    assert density.get_title() == f"{sent:,.0f} spikes a sample"
    for line, name in zip(shares.lines, ("silent", "dead"), strict=True):
        assert line.get_ydata() == pytest.approx([100 * found[f"{n}/{name}"] for n in layers])
    assert [text.get_text() for text in density.get_xticklabels()] == [
        "hidden layer",
        "label layer",
    ]


def test_shares_that_are_all_zero_have_no_panel_and_small_ones_no_blank(evaluation):
    """A panel of zeros at the foot of an axis that ended at 100 %."""
    zero = {name: 0.0 for name in evaluation.of("activity") if name.endswith(("silent", "dead"))}
    (density,) = PLOTS["activity"].draw(changed(evaluation, "activity", **zero)).axes
    assert density.get_title().endswith(" spikes a sample, no neuron silent")
    one = {**zero, "layers.0/silent": 0.03}
    shares = PLOTS["activity"].draw(changed(evaluation, "activity", **one)).axes[1]
    assert shares.get_ylim() == (0, 5)
    most = {**zero, "layers.0/silent": 0.6}
    shares = PLOTS["activity"].draw(changed(evaluation, "activity", **most)).axes[1]
    assert shares.get_ylim() == (0, 100)


@pytest.mark.parametrize("saturated", [0.0, 0.1])
def test_a_share_that_is_always_zero_has_no_panel_over_the_epochs(tmp_path, saturated):
    """Of three panels, one was a line at the foot of an axis from 0 to 5."""
    run = RunDir(tmp_path)
    values = {"density": 0.2, "silent": 0.5, "saturated": saturated}
    run.append_metrics(
        [
            {"step": epoch, "epoch": epoch, "split": "validation", "name": f"{name}/layer_0",
             "value": value * epoch, "time": 0.0}
            for epoch in range(3)
            for name, value in values.items()
        ]
    )  # fmt: skip
    experiment = SimpleNamespace(layers=lambda: [("layers.0", "", 1), ("readout", "", 1)])
    figure = PLOTS["density"].draw(SimpleNamespace(run=run, experiment=experiment))
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[:2] == ["spikes per neuron and step", "without a spike (% of neurons)"]
    assert labels[2:] == (["always spiking (% of neurons)"] if saturated else [])


def test_cost_of_each_layer_and_of_the_evaluated_epochs(evaluation):
    """Of the epochs that were evaluated, those whose file is damaged are left out."""
    found = evaluation.of("cost")
    for epoch in (5, 7):
        home = files.file_of(evaluation.run.path, epoch, "test")
        home.parent.mkdir(parents=True)
        home.write_bytes(b"damaged")
    (bars,) = PLOTS["cost"].draw(evaluation).axes  # a panel with one point was as good as empty
    assert heights(bars) == [found[f"layers.{n}/accumulations"] for n in (0, 1)]
    joule = 0.9 * sum(found[f"layers.{n}/accumulations"] for n in (0, 1))  # in pJ
    told = f"; {joule:.3g} pJ a sample, {100 * evaluation.accuracy:.2f} % right"
    assert bars.get_title().endswith(told)
    assert bars.get_title(loc="left") == ""


def test_other_evaluated_epochs_are_points(evaluation):
    path = evaluation.run.path
    early = evaluation.run.checkpoints / "epoch_0004"
    shutil.copytree(evaluation.run.checkpoints / "epoch_0012", early)
    arrays, facts = files.read(files.file_of(path, 12, "test"))
    arrays = {n: a / 2 if n.startswith("cost/layers") else a for n, a in arrays.items()}
    files.write(files.file_of(path, 4, "test"), arrays, facts)
    points = PLOTS["cost"].draw(evaluation).axes[1]
    first, second = points.lines[0].get_xdata()
    assert first == pytest.approx(second / 2)
    assert points.lines[0].get_ydata() == pytest.approx([100 * evaluation.accuracy] * 2)
    assert [text.get_text() for text in points.texts] == ["epoch 4", "epoch 12"]


def test_decisions_are_shares_of_the_samples(evaluation):
    given = {"right": [2, 3, 6], "decided": [1, 5, 4], "samples": 10}
    accuracy, decided = PLOTS["decisions"].draw(changed(evaluation, "decisions", **given)).axes
    assert accuracy.lines[0].get_ydata() == pytest.approx([20, 30, 60])
    assert decided.lines[0].get_ydata() == pytest.approx([10, 60, 100])
    assert decided.lines[1].get_xdata()[0] == pytest.approx(2.3)


def test_classes_have_their_precision_and_recall(evaluation, drawn):
    counts = evaluation.of("answers")["counts"]
    precision, recall = drawn("classes").axes[0].lines
    for index in range(3):
        with np.errstate(invalid="ignore"):
            taken = 100 * counts[index, index] / counts[:, index].sum()
        assert precision.get_xdata()[index] == pytest.approx(taken, nan_ok=True)
        of_it = 100 * counts[index, index] / counts[index].sum()
        assert recall.get_xdata()[index] == pytest.approx(of_it)


def test_of_many_classes_the_worst_are_shown(evaluation):
    counts = np.zeros((40, 41), int)
    counts[range(40), range(40)] = np.arange(1, 41)[::-1]
    counts[:, 40] = 20
    many = changed(evaluation, "answers", counts=counts)
    many = changed(many, "ranks", counts=np.arange(41))
    data = evaluation.experiment.data
    names = tuple(f"c{n}" for n in range(40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(data), "classes", names)
        axes = PLOTS["classes"].draw(many).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == list(names[10:])
    assert axes.get_ylabel() == "30 worst classes"


def test_names_of_a_few_layers_lie_on_two_lines_before_they_stand_upright():
    """Of four hidden layers, names upright took half of the panel."""
    axes = new_figure(89, 50).subplots()
    names = [*(f"hidden layer {n}" for n in range(1, 5)), "readout"]
    layer_axis(axes, names)
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert texts == [*(f"hidden\nlayer {n}" for n in range(1, 5)), "readout"]
    assert axes.get_xticklabels()[0].get_rotation() == 0
    layer_axis(axes, [f"hidden layer {n}" for n in range(1, 10)])
    assert axes.get_xticklabels()[0].get_text() == "hidden layer 1"
    assert axes.get_xticklabels()[0].get_rotation() == 90


def test_of_many_layers_some_have_a_name():
    axes = new_figure(80, 40).subplots()
    layer_axis(axes, [short(f"layers.{n}.body.0") for n in range(40)])
    assert [text.get_text() for text in axes.get_xticklabels()][:3] == [
        "0.body.0",
        "4.body.0",
        "8.body.0",
    ]
