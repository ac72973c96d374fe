"""Which figures there are of a comparison, and what stands in them."""

import shutil

import numpy as np
import pytest
from matplotlib.colors import to_hex

from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.plots.curves import error_percent, over_runs
from snnrun.plots.style import paper
from snnrun.runs.evaluation import stored
from snnrun.runs.folder import RunDir
from snnrun.studies.compare import compare
from snnrun.studies.compare.figures import against, cost, curves, drawn, maps, noise, points
from snnrun.studies.compare.figures.look import MOST
from tests.studies.compare.cases import SIZE, sized, two
from tests.studies.folders import make

RATE = "train.optimizer.lr"


def grid(folder, sizes=(5, 30, 300), rates=(1e-3, 1e-2)):
    for size in sizes:
        for rate in rates:
            for seed in (0, 1):
                test = {"4": {"accuracy": 0.5 + size / 1000 + rate + seed / 100, "loss": rate}}
                changes = {SIZE: size, RATE: rate, "seed": seed}
                make(folder, f"{size}_{rate}_{seed}", changes, test=test)


def test_curves_are_the_validation_of_each_group(trained):
    whole = compare(trained)
    axes = curves.draw(whole).axes[0]
    assert len(axes.lines) == 2
    for line, group in zip(axes.lines, whole.groups, strict=True):
        runs = [RunDir(run.path) for run in group.runs]
        expected = error_percent(over_runs(runs, "validation", "accuracy"))
        np.testing.assert_allclose(line.get_ydata(), expected.centre)
        assert line.get_xdata()[-1] == axes.get_xlim()[1] == 6
    assert axes.get_ylabel() == "error (%)"
    assert len(axes.collections) == 2


def test_a_setting_that_is_a_number_is_an_axis(tmp_path):
    for size, accuracies in ((300, [0.9, 0.94]), (5, [0.5, 0.6]), (30, [0.7, 0.8])):
        sized(tmp_path, accuracies, size)
    axes = against.draw(compare(tmp_path)).axes[0]
    line = axes.lines[0]
    np.testing.assert_allclose(line.get_xdata(), [5, 30, 300])
    np.testing.assert_allclose(line.get_ydata(), [55, 75, 92])
    assert axes.get_xscale() == "log"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["5", "30", "300"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("layers.0.size", "accuracy (%)")
    shown = np.concatenate([line.get_ydata() for line in axes.lines if line.get_marker() == "o"])
    assert sorted(shown) == pytest.approx([50, 60, 70, 80, 90, 94])


def test_numbers_that_lie_close_have_a_linear_axis(tmp_path):
    for size in (5, 10, 15):
        sized(tmp_path, [0.5, 0.6], size)
    assert against.draw(compare(tmp_path)).axes[0].get_xscale() == "linear"


def test_intervals_of_few_runs_do_not_widen_the_axis_of_an_accuracy(tmp_path):
    """Of two runs with 0 and 100 % it went from -600 to 700."""
    for size in (5, 30, 300):
        sized(tmp_path, [0.0, 1.0], size)
    assert against.draw(compare(tmp_path)).axes[0].get_ylim() == (-1, 101)
    assert points.draw(compare(tmp_path)).axes[0].get_xlim() == (-1, 101)


def test_of_two_settings_one_is_the_axis_and_the_other_has_lines(tmp_path):
    grid(tmp_path)
    figure = against.draw(compare(tmp_path, metrics=["accuracy", "loss"]))
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy (%)", "loss"]
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert labels == ["0.001", "0.01"]
    assert figure.legends[0].get_title().get_text() == "optimizer.lr"


def test_lines_go_along_the_axis_whatever_order_runs_have(tmp_path):
    for rule in ("eprop", "ottt"):
        for size in (300, 5, 30):
            changes = {"learning.name": rule, SIZE: size}
            make(tmp_path, f"{rule}_{size}", changes, test={"4": {"accuracy": size / 1000}})
    axes = against.draw(compare(tmp_path)).axes[0]
    lines = [line for line in axes.lines if line.get_linestyle() == "-"]
    for line in lines:  # a little aside of each other
        np.testing.assert_allclose(line.get_xdata(), [5, 30, 300], rtol=0.05)
    assert not set(lines[0].get_xdata()) & set(lines[1].get_xdata())
    assert [list(line.get_ydata()) for line in lines] == [pytest.approx([0.5, 3, 30])] * 2


def test_two_settings_make_a_map(tmp_path):
    grid(tmp_path)
    figure = maps.draw(compare(tmp_path, metrics=["accuracy", "loss"]))
    accuracy, loss = (axes for axes in figure.axes if axes.images)
    np.testing.assert_allclose(
        accuracy.images[0].get_array(), 100 * np.add.outer([0.511, 0.536, 0.806], [0.0, 0.009])
    )
    assert loss.get_title() == "loss"
    assert [tick.get_text() for tick in accuracy.get_yticklabels()] == ["5", "30", "300"]
    assert [tick.get_text() for tick in accuracy.get_xticklabels()] == ["0.001", "0.01"]
    assert len(figure.axes) == 4  # each has its bar


def test_words_have_a_row_each(tmp_path):
    for rule in ("eprop", "ottt"):
        for seed in (0, 1, 2):
            make(tmp_path, f"{rule}_{seed}", {"learning.name": rule, "seed": seed})
    whole = compare(tmp_path)
    assert against.draw(whole) is None
    axes = points.draw(whole).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["eprop", "ottt"]
    assert axes.yaxis_inverted()
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[93.75] * 3] * 2


def test_many_runs_are_boxes(tmp_path):
    sized(tmp_path, np.linspace(0.5, 0.6, 9), 5)
    sized(tmp_path, np.linspace(0.7, 0.8, 9), 30)
    axes = points.draw(compare(tmp_path)).axes[0]
    assert not [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
    medians = [line for line in axes.lines if to_hex(line.get_color()) == "#1b7f79"]
    assert [np.mean(line.get_xdata()) for line in medians] == pytest.approx([55, 75])


def test_accuracy_against_energy(trained):
    whole = compare(trained, epoch="last")
    axes = cost.draw(whole).axes[0]
    places = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines]
    for (energy, accuracy), group in zip(places, whole.groups, strict=True):
        assert energy == pytest.approx(1e9 * group.cost_spreads["energy_joule"].mean)
        assert accuracy == pytest.approx(100 * group.spreads["accuracy"].mean)
    assert axes.get_xlabel() == "energy of an answer, synapses only (nJ)"


def test_of_many_groups_the_best_have_curves(trained, tmp_path):
    whole = compare(trained)
    several = type(whole)(**{**vars(whole), "groups": whole.groups * MOST})
    with paper():
        figure = curves.draw(several)
    assert len(figure.axes[0].lines) == MOST
    assert f"the best {MOST} of {2 * MOST}" in figure.axes[0].get_title()


def test_only_what_there_is_is_drawn(trained, tmp_path):
    two(tmp_path)
    assert [name for name, _ in drawn(compare(tmp_path))] == ["settings"]
    names = [name for name, _ in drawn(compare(trained))]
    assert names == ["curves", "settings", "cost", "parameters"]


def test_files_are_written_for_print_and_screen(trained, tmp_path):
    files = compare(trained).figures(tmp_path / "figures")
    names = ("curves", "settings", "cost", "parameters")
    assert [path.name for path in files] == [
        f"{n}.{kind}" for n in names for kind in ("pdf", "png")
    ]
    assert all(path.stat().st_size > 1000 for path in files)


def test_nothing_to_draw(tmp_path):
    sized(tmp_path, [0.5, 0.6], 5)
    with pytest.raises(DataError, match="there is nothing to draw of these runs"):
        compare(tmp_path).figures(tmp_path / "figures")


def test_noise_is_that_which_was_measured(trained, tmp_path):
    """One group was measured, so it alone has a line; its point at no noise is its error."""
    folder = tmp_path / "runs"
    shutil.copytree(trained, folder)
    assert noise.draw(compare(folder)) is None
    measured = [path for path in folder.iterdir() if path.name.startswith("size_3")]
    for path in measured:
        evaluate_run(path, RunDir(path).best(), "test", ["input_noise"])
    axes = noise.draw(compare(folder)).axes[0]
    (line,) = axes.lines
    assert line.get_xdata()[0] == 0.0
    kept = [stored(path, RunDir(path).best()).of("input_noise") for path in measured]
    errors = np.array([100 * (1 - each["right"] / each["samples"]) for each in kept])
    np.testing.assert_allclose(line.get_ydata(), errors.mean(0))
    low = axes.collections[0].get_paths()[0].get_extents().ymin
    assert low == pytest.approx((errors.mean(0) - errors.std(0, ddof=1)).min())
