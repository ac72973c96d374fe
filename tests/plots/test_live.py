"""The picture of a run under way."""

import numpy as np

from snnrun.plots.live import Curves, draw_live, figure_of


def test_it_shows_the_error_of_both_splits(run):
    train, validation = figure_of(Curves(run.logged())).axes[0].lines
    for line, split in ((train, "train"), (validation, "validation")):
        epochs, accuracy = run.curve(split, "accuracy")
        np.testing.assert_array_equal(line.get_xdata(), epochs)
        np.testing.assert_allclose(line.get_ydata(), 100 * (1 - np.array(accuracy)))
    assert train.get_label() == f"train: {100 * run.curve('train', 'accuracy')[1][-1]:.2f} % right"


def test_it_can_be_drawn_from_the_first_moment_on(run, tmp_path):
    for rows in ([], run.logged()[:2], run.logged()):
        draw_live(Curves(rows), tmp_path / "live.png")
        assert (tmp_path / "live.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob(".*"))


def test_a_perfect_run_can_be_drawn(run, tmp_path):
    rows = [row | {"value": 1.0} for row in run.logged()]
    draw_live(Curves(rows), tmp_path / "live.png")
    assert (tmp_path / "live.png").stat().st_size > 1000


def test_samples_without_classes_show_their_loss(run):
    rows = [row for row in run.logged() if row["name"] == "loss"]
    axes = figure_of(Curves(rows)).axes[0]
    for line, split in zip(axes.lines, ("train", "validation"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), run.curve(split, "loss")[1])
        assert line.get_label() == split
    assert axes.get_ylabel() == "loss"
