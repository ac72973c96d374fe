"""Figures of activity, cost, decisions and classes show what measures keep."""

import shutil

import numpy as np
import pytest

from snnrun.plots import PLOTS
from snnrun.plots.network.bars import layer_axis, short
from snnrun.plots.style import new_figure
from snnrun.runs import evaluation as files
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


def test_of_many_layers_some_have_a_name():
    axes = new_figure(80, 40).subplots()
    layer_axis(axes, [short(f"layers.{n}.body.0") for n in range(40)])
    assert [text.get_text() for text in axes.get_xticklabels()][:3] == [
        "0.body.0",
        "4.body.0",
        "8.body.0",
    ]
