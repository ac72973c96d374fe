"""Callbacks: the one that comes with snnrun, and that of docs/extending.md."""

import csv

import numpy as np
import pytest

import snnrun
from tests.cli.running import program_on, run
from tests.forgetting import forgotten
from tests.tiny import CONFIG, experiment, same_result


def test_a_table_for_spreadsheets(tmp_path):
    made = snnrun.train(experiment(tmp_path, "train.callbacks=[metrics_csv]"), results=tmp_path)
    with (made.path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = made.metrics()
    assert [*rows[0]] == [*columns]
    for name, column in columns.items():
        told = np.array([float(row[name] or "nan") for row in rows])
        np.testing.assert_array_equal(told, column)


def test_it_changes_no_bit(tmp_path):
    plain = snnrun.train(experiment(tmp_path), results=tmp_path / "plain")
    watched = snnrun.train(
        experiment(tmp_path, "train.callbacks=[metrics_csv]"), results=tmp_path / "watched"
    )
    assert same_result(plain, watched)


@pytest.fixture
def config(tmp_path):
    """A config beside the callback of the page."""
    (tmp_path / "largest.py").write_text(program_on("extending.md", "As `largest.py` beside"))
    path = tmp_path / "tiny.yaml"
    said = "  callbacks: [{name: largest_weight, every: 2}]\nplugins: [largest]\n"
    path.write_text(CONFIG + said)
    with forgotten(tmp_path):
        yield path


def test_one_of_your_own(config):
    """There was no way to bring one but a fork."""
    code, *_ = run("train", config, "-q", "--results", config.parent / "runs")
    assert code == 0
    (folder,) = (config.parent / "runs").iterdir()
    lines = (folder / "largest.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["2", "4"]
    weights = snnrun.load(folder).model.parameters()
    assert float(lines[-1].split()[1]) == pytest.approx(
        max(float(each.abs().max()) for each in weights), rel=1e-5
    )


def test_what_is_shared_asks_for_none(config, tmp_path):
    """Who gets the network has no use for a callback, and perhaps not the plug-in."""
    _, made, _ = run("train", config, "-q", "--results", tmp_path / "runs", "train.epochs=2")
    (copy,) = snnrun.share(made.strip(), tmp_path / "copy")
    assert snnrun.load_config(copy.config, of_run=True).train.callbacks == ()


@pytest.mark.filterwarnings("default::snnrun.errors.WatcherWarning")
def test_one_that_fails_is_left_out(config):
    page = config.parent / "largest.py"
    page.write_text(page.read_text().replace("with (", "1 / 0\n            with ("))
    code, _, said = run("train", config, "-q", "--results", config.parent / "runs")
    assert code == 0
    assert "the largest_weight callback is off from here on: division by zero" in said
