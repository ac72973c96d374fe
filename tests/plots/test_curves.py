"""Curves: what they show is what was logged, with the right bands."""

import numpy as np
import pytest

from snnrun.errors import DataError
from snnrun.plots import PLOTS
from snnrun.plots.curves import Curve, draw, draw_joint, error_percent, over_runs
from snnrun.runs.folder import RunDir
from snnrun.runs.numbers import standard_interval


def logged(run, split, name):
    return np.array(run.curve(split, name)[1])


def line(axes, label):
    return next(line for line in axes.lines if line.get_label().startswith(label))


def test_lines_show_the_logged_values(evaluation, drawn):
    loss, error, _ = drawn("curves").axes
    for split, first in (("train", 1), ("validation", 0)):
        x, y = line(loss, split).get_data()
        np.testing.assert_array_equal(x, np.arange(first, 13))
        np.testing.assert_array_equal(y, logged(evaluation.run, split, "loss"))
        expected = 100 * (1 - logged(evaluation.run, split, "accuracy"))
        np.testing.assert_allclose(line(error, split).get_ydata(), expected, rtol=1e-12)


@pytest.mark.parametrize("accuracy", [0.9, 0.98, 1.0])
def test_band_of_one_run_is_the_interval_of_one_standard_error(accuracy):
    """Where the whole error was one standard error, the band reached below the axis."""
    one = np.array([accuracy])
    curve = error_percent(Curve(np.array([4.0]), one, one, one), samples=50)
    assert curve.centre[0] == pytest.approx(100 * (1 - accuracy))
    for end in (curve.low[0], curve.high[0]):
        share = end / 100
        apart = np.sqrt(share * (1 - share) / 50)
        assert abs(1 - accuracy - share) == pytest.approx(apart, abs=1e-12)
    assert (curve.low[0] > 0) == (accuracy < 1)
    assert curve.high[0] > curve.centre[0]


def test_band_uses_the_size_of_the_validation_split(evaluation, drawn):
    error = drawn("curves").axes[1]
    wrong = 1 - logged(evaluation.run, "validation", "accuracy")
    top = 100 * standard_interval(wrong, 50)[1]
    corners = error.collections[0].get_paths()[0].vertices
    for epoch in (3, 9):
        assert corners[corners[:, 0] == epoch][:, 1].max() == pytest.approx(top[epoch])


def test_best_epoch_and_savepoints_are_marked(evaluation, drawn):
    error = drawn("curves").axes[1]
    wrong = 100 * (1 - logged(evaluation.run, "validation", "accuracy"))
    mark = line(error, "lowest")
    assert mark.get_xdata() == wrong.argmin()
    assert mark.get_label() == f"lowest of validation: {wrong.min():.1f} %, epoch {wrong.argmin()}"
    assert list(line(error, "savepoint").get_xdata()) == [5, 10]


def test_of_equal_errors_the_one_of_lower_loss_is_marked_as_training_does(evaluation):
    """The figure named the first such epoch as the best, the table of the run another."""
    rows = evaluation.run.logged()
    best = max(row["value"] for row in rows if is_validation(row, "accuracy"))
    for row in rows:
        if is_validation(row, "accuracy") and row["epoch"] in (3, 8):
            row["value"] = best + 0.01
        if is_validation(row, "loss") and row["epoch"] in (3, 8):
            row["value"] = {3: 0.4, 8: 0.2}[row["epoch"]]
    evaluation.run.cut_lines(0, 10**9)
    evaluation.run.append_metrics(rows)
    error = PLOTS["curves"].draw(evaluation).axes[1]
    assert line(error, "lowest").get_xdata() == 8


def is_validation(row, name):
    return (row["split"], row["name"]) == ("validation", name)


def test_a_run_that_has_not_trained_has_no_curves(evaluation):
    """It was called a fault of the run."""
    rows = [row for row in evaluation.run.logged() if row["epoch"] == 0]
    evaluation.run.cut_lines(0, 10**9)
    evaluation.run.append_metrics([row for row in rows if row["split"] == "validation"])
    assert PLOTS["curves"].draw(evaluation) is None


def test_strip_of_bumped_batches_only_where_it_was_logged(evaluation):
    strip = PLOTS["curves"].draw(evaluation).axes[2]
    top = strip.collections[0].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(100 * logged(evaluation.run, "train", "bumped").max())
    rows = [row for row in evaluation.run.logged() if row["name"] != "bumped"]
    evaluation.run.cut_lines(0, 10**9)
    evaluation.run.append_metrics(rows)
    assert len(PLOTS["curves"].draw(evaluation).axes) == 2


def test_error_axis_is_logarithmic_unless_told_otherwise(evaluation):
    assert draw(evaluation).axes[1].get_yscale() == "log"
    assert draw(evaluation, logarithmic=False).axes[1].get_yscale() == "linear"


def kept_of(run, name):
    """Drop all numbers but one of each epoch."""
    rows = [row for row in run.logged() if row["name"] == name]
    run.cut_lines(0, 10**9)
    run.append_metrics(rows)


def texts(axes):
    (legend,) = axes.figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_a_rule_without_a_loss_has_a_curve_of_its_error(evaluation):
    """It was a fault of the run, and no figure at all."""
    kept_of(evaluation.run, "accuracy")
    (axes,) = PLOTS["curves"].draw(evaluation).axes
    wrong = 100 * (1 - logged(evaluation.run, "validation", "accuracy"))
    np.testing.assert_allclose(line(axes, "validation").get_ydata(), wrong)
    assert axes.get_ylabel() == "error (%)"
    lowest = f"lowest of validation: {wrong.min():.1f} %, epoch {wrong.argmin()}"
    told = ["train", "validation", lowest, "savepoint", "± standard error"]
    assert texts(axes) == told


def test_samples_without_classes_have_a_curve_of_their_loss(evaluation):
    kept_of(evaluation.run, "loss")
    (axes,) = PLOTS["curves"].draw(evaluation).axes
    loss = logged(evaluation.run, "validation", "loss")
    np.testing.assert_array_equal(line(axes, "validation").get_ydata(), loss)
    assert axes.get_ylabel() == "loss"
    assert texts(axes)[2] == f"lowest of validation: {loss.min():.3g}, epoch {loss.argmin()}"


@pytest.mark.parametrize("name", ["loss", "accuracy"])
def test_several_runs_without_one_of_the_two(tmp_path, name):
    runs = several(tmp_path, [(0.2, 0.5, 0.9), (0.3, 0.7, 0.95)])
    for run in runs:
        kept_of(run, name)
    (axes,) = draw_joint(runs).axes
    title = "2 runs: mean ± standard deviation"
    assert axes.get_title() == {
        "loss": title, "accuracy": f"{title}\nlast epoch, validation: 7.5 ± 3.5 %",
    }[name]  # fmt: skip


def test_the_only_epoch_of_a_run_is_a_dot(tmp_path):
    """A line of one point is none at all: the training error of a short run was absent."""
    runs = several(tmp_path, [(0.2, 0.5), (0.3, 0.7)])
    for run in runs:
        rows = [row for row in run.logged() if (row["epoch"], row["split"]) != (0, "train")]
        run.cut_lines(0, 10**9)
        run.append_metrics(rows)
    axes = draw_joint(runs).axes[0]
    assert line(axes, "train").get_marker() == "."


def test_bands_are_within_the_axis(tmp_path):
    """They were cut at the bottom: the axis was fitted to the lines alone."""
    figure = draw_joint(several(tmp_path, [(0.2, 0.9, 0.97), (0.3, 0.8, 0.95)]))
    axes = figure.axes[1]
    low, high = axes.get_ylim()
    for band in axes.collections:
        heights = band.get_paths()[0].vertices[:, 1]
        assert low < heights.min() < heights.max() < high


def test_a_band_that_reaches_zero_leaves_room_for_the_lines(tmp_path):
    axes = draw_joint(several(tmp_path, [(0.2, 0.9, 0.99), (0.3, 0.8, 0.8)])).axes[1]
    lowest = min(each.get_ydata().min() for each in axes.lines)
    assert lowest / 5 < axes.get_ylim()[0] < lowest


@pytest.mark.parametrize(("most", "top"), [(0.004, 0.5), (0.9, 100)])
def test_few_bumped_batches_fill_the_strip(evaluation, most, top):
    """Of half a percent, nothing was seen on an axis up to 100."""
    rows = [
        row | ({"value": most} if row["name"] == "bumped" else {})
        for row in evaluation.run.logged()
    ]
    evaluation.run.cut_lines(0, 10**9)
    evaluation.run.append_metrics(rows)
    strip = draw(evaluation).axes[2]
    assert strip.get_ylim() == (0, pytest.approx(top))


def test_where_no_batch_was_bumped_there_is_no_strip(evaluation):
    """An empty panel told of it."""
    rows = [row | ({"value": 0.0} if row["name"] == "bumped" else {})
            for row in evaluation.run.logged()]  # fmt: skip
    evaluation.run.cut_lines(0, 10**9)
    evaluation.run.append_metrics(rows)
    assert len(PLOTS["curves"].draw(evaluation).axes) == 2


def several(tmp_path, accuracies):
    runs = []
    for index, values in enumerate(accuracies):
        run = RunDir(tmp_path / str(index))
        run.path.mkdir()
        for epoch, value in enumerate(values):
            run.append_metrics(
                [
                    {"step": 0, "epoch": epoch, "split": split, "name": name, "value": value,
                     "time": 0.0}
                    for split in ("train", "validation")
                    for name in ("loss", "accuracy")
                ]
            )  # fmt: skip
        runs.append(run)
    return runs


def test_several_runs_give_mean_and_standard_deviation(tmp_path):
    runs = several(tmp_path, [(0.2, 0.5, 0.9), (0.3, 0.7, 0.95), (0.4, 0.6)])
    curve = over_runs(runs, "validation", "accuracy")
    np.testing.assert_array_equal(curve.epochs, [0, 1])
    np.testing.assert_allclose(curve.centre, [0.3, 0.6])
    np.testing.assert_allclose(curve.low, [0.2, 0.5])
    np.testing.assert_allclose(curve.high, [0.4, 0.7])
    figure = draw_joint(runs)
    np.testing.assert_allclose(line(figure.axes[1], "validation").get_ydata(), [70, 40])
    assert figure.axes[1].get_title() == "last epoch, validation: 18.3 ± 18.9 %"


def test_a_run_without_metrics_says_what_is_missing(evaluation):
    evaluation.run.cut_lines(0, 10**9)
    with pytest.raises(DataError, match=r"metrics\.jsonl holds no 'loss' of the train split"):
        PLOTS["curves"].draw(evaluation)


def test_an_error_of_zero_is_on_the_axis(tmp_path):
    """The line fell off the logarithmic axis."""
    figure = draw_joint(several(tmp_path, [(0.2, 0.9, 1.0, 0.99), (0.3, 0.8, 1.0, 0.99)]))
    figure.draw_without_rendering()
    axes = figure.axes[1]
    heights = axes.transData.transform(np.transpose([[0] * 4, [75, 15, 0, 1]]))[:, 1]
    assert axes.bbox.y0 < heights[2] < heights[3] < heights[1] < heights[0] < axes.bbox.y1
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    told = {label.get_text(): tick for tick, label in ticks}
    assert [told[text] for text in ("0", "1", "10", "50")] == [0, 1, 10, 50]
    tenfold = np.diff(axes.transData.transform([[0, 1], [0, 10], [0, 100]])[:, 1])
    assert tenfold[0] == pytest.approx(tenfold[1])  # logarithmic above the least value
    assert heights[3] - heights[2] < tenfold[0] / 2


def test_a_perfect_run_can_be_drawn(tmp_path):
    figure = draw_joint(several(tmp_path, [(0.5, 1.0), (0.5, 1.0)]))
    assert line(figure.axes[1], "validation").get_ydata()[-1] == 0


def test_the_legend_covers_no_line(evaluation):
    """It lay over the training error of short runs."""
    figure = PLOTS["curves"].draw(evaluation)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    for axes in figure.axes:
        assert not legend.get_window_extent().overlaps(axes.bbox)
