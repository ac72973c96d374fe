"""What loggers are told, and that telling them changes nothing."""

import math
import time
from types import SimpleNamespace

import pytest
import torch

import snnrun
from snnrun.api import _watchers
from snnrun.errors import WatcherWarning
from snnrun.loggers import LoggerSettings
from snnrun.loggers.logger import Logger
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers import logging, told
from snnrun.training.watchers.logging import Logging, Pace
from tests.tiny import experiment, same_result
from tests.training.stopped import stopped_run
from tests.training.troubled import Poison

LOGGERS = (
    "{name: tensorboard, histograms: true, figures: true, hparams: true}",
    "{name: wandb, mode: offline, histograms: true, figures: true}",
    "{name: mlflow, uri: 'file:STORE', figures: true}",
)


@pytest.mark.parametrize("logger", LOGGERS, ids=["tensorboard", "wandb", "mlflow"])
def test_each_logger_changes_no_bit(unbroken, tmp_path, logger):
    name = logger[7:].partition(",")[0]
    if name != "tensorboard":
        pytest.importorskip(name)
    said = logger.replace("STORE", str(tmp_path / "store"))
    config = experiment(tmp_path, f"train.loggers=[{said}]", "train.live_plot=true")
    assert same_result(unbroken, snnrun.train(config, results=tmp_path))


class Notes(Logger):
    """Notes what it is told."""

    def __init__(self):
        super().__init__(LoggerSettings())
        self.said = []

    def begin(self, run, epoch):
        self.run = run
        self.said.append(("begin", epoch))

    def go_back(self, epoch):
        self.said.append(("go back", epoch))

    def numbers(self, epoch, values):
        self.said.append(("numbers", epoch, *sorted({name.split("/")[0] for name in values})))

    def end(self, ending):
        self.said.append(("end", ending.state))
        self.ending = ending


@pytest.fixture
def noted(tmp_path, monkeypatch):
    """A function that trains with other watchers too, and returns what a logger was told."""

    def noted(*overrides, watchers=()):
        notes = Notes()
        monkeypatch.setattr(logging, "made", lambda _: notes)
        monkeypatch.setattr(logging.LOGGERS, "name_of", lambda _: "notes")
        config, run = experiment(tmp_path, *overrides), RunDir.create(tmp_path, "noted")
        run.write_experiment(config)
        Training(config, [*watchers, Logging(LoggerSettings())]).start(run)
        return notes, run

    return noted


def test_it_is_told_of_every_epoch_of_the_tests_and_of_the_end(noted):
    notes, run = noted()
    both = ("train", "validation")
    assert notes.said[:3] == [("begin", 0), ("numbers", 0, both[1]), ("numbers", 1, *both)]
    assert notes.said[-1] == ("end", "finished")
    assert ("numbers", 4, "test") in notes.said
    tests = dict(zip(*run.curve("test", "accuracy"), strict=True))
    best = run.status()["best"]
    assert notes.ending.results["last/test/accuracy"] == tests[4]
    assert notes.ending.results["best/test/accuracy"] == tests[best["epoch"]]
    assert notes.ending.results["best/validation/accuracy"] == best["accuracy"]
    assert notes.ending.results["best/epoch"] == best["epoch"]


def test_it_is_told_where_training_goes_back(noted):
    poison = Poison(12, "model.layers.1.weights", math.nan)
    with pytest.warns(UserWarning, match="back to"):
        notes, _ = noted("train.on_nan=rewind", "learning.bump=null", watchers=[poison])
    (back,) = [each for each in notes.said if each[0] == "go back"]
    after = notes.said[notes.said.index(back) + 1]
    assert after[:2] == ("numbers", back[1] + 1)
    assert [each[0] for each in notes.said].count("begin") == 1
    assert [each[0] for each in notes.said].count("end") == 1


def test_the_number_of_a_run_stays(tmp_path):
    run = RunDir(tmp_path)
    one = told.identity(run)
    assert told.identity(run) == one
    (tmp_path / "loggers.json").unlink()
    assert told.identity(run) != one


def test_a_damaged_number_costs_no_more_than_the_logger(unbroken, tmp_path):
    run = stopped_run(tmp_path, 12)
    run.config.write_text(run.config.read_text().replace("tensorboard: false", "tensorboard: true"))
    (run.path / "loggers.json").write_text("{")
    with pytest.warns(WatcherWarning, match="tensorboard logger is off from here on: .*damaged"):
        snnrun.resume(run)
    assert same_result(unbroken, run)


def test_no_place_is_told(tmp_path, monkeypatch):
    config = experiment(tmp_path, "train.start_from=/home/me/run")
    assert "sizes" in told.described(config)["data"]
    monkeypatch.setattr(type(config.data), "places", frozenset({"sizes"}))
    assert "sizes" not in told.described(config)["data"]
    assert "/home/me" in config.dump_yaml()
    assert "/home/me" not in str(told.described(config))


def test_only_the_first_process_logs(tmp_path):
    config = experiment(tmp_path, "train.tensorboard=true")
    names = [
        [each.name for each in _watchers(config, "quiet", SimpleNamespace(first=first))]
        for first in (True, False)
    ]
    assert names == [["progress bar", "tensorboard logger"], []]


def test_a_histogram_by_hand(monkeypatch):
    monkeypatch.setattr(told, "BINS", 2)
    found = told.histogram_of(torch.tensor([[0.0, 1.0], [math.nan, 4.0]]))
    assert (found.counts, found.edges) == ((2, 1), (0.0, 2.0, 4.0))
    assert (found.total, found.squares) == (5.0, 17.0)
    assert told.histogram_of(torch.tensor([math.inf])) is None


def test_figures_of_one_name_are_told_apart(tmp_path):
    run = RunDir(tmp_path)
    for name in ("plots/epoch_0004/curves.png", "plots/curves.png", "live_accuracy.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    names = [name for name, _ in told.figures(SimpleNamespace(run_dir=run))]
    assert names == ["figures/live_accuracy", "figures/curves", "figures/epoch_0004/curves"]


def test_what_takes_time_takes_a_share_of_it(monkeypatch):
    """A second of drawing is paid by fifty of training, and the later, the rarer."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace()
    assert pace.due
    with pace.spending():
        now[0] += 1.0
    for moment, due in ((50.9, False), (51.1, True)):
        now[0] = moment
        assert pace.due is due
    now[0] = 10_000.0
    with pace.spending():
        pass
    for moment, due in ((10_099.0, False), (10_101.0, True)):
        now[0] = moment
        assert pace.due is due
