"""Whatever becomes of a logger's process, training goes on, ends soon, and has the same bits."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import snnrun
from snnrun.errors import WatcherWarning
from snnrun.loggers import LOGGERS
from snnrun.loggers.apart import Apart, LoggerError
from snnrun.loggers.logger import Ending, RunInfo
from snnrun.loggers.process import reason
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.logging import Logging
from tests.cli.running import ROOT
from tests.tiny import experiment, same_result

pytestmark = pytest.mark.usefixtures("own")


@pytest.fixture(scope="module")
def unlogged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlogged")
    return snnrun.train(experiment(folder), results=folder)


def settings(name="own", **fields):
    return LOGGERS[name].settings(**fields)


def trained(folder, *loggers):
    """A run with loggers of these settings."""
    config = experiment(folder)
    update = {"train": config.train.model_copy(update={"loggers": loggers})}
    return snnrun.train(config.model_copy(update=update), results=folder)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_it_is_told_everything_in_order_in_another_process(unlogged, tmp_path):
    far, near = tmp_path / "far", tmp_path / "near"
    run = trained(tmp_path, settings(to=str(far)), settings("near", to=str(near)))
    assert same_result(unlogged, run)
    told = lines(far)
    methods = [method for method, *_ in told]
    assert (methods[0], methods[-1]) == ("begin", "end")
    assert {"histogram", "numbers"} <= {*methods}
    assert {process for *_, process in told}.isdisjoint({os.getpid()})
    here = lines(near)
    assert [line[:-1] for line in here] == [
        line[:-1] for line in told if line[0] not in ("histogram", "figure")
    ]
    assert {process for *_, process in here} == {os.getpid()}


@pytest.mark.parametrize("at", ["begin", "numbers", "end"])
@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("raise", "ZeroDivisionError: division by zero"),
        ("hang", "not all was sent within 3 seconds of the end; more of wait_seconds may help"),
        ("die", "its process ended by signal SIGKILL"),
        ("exit", "its process ended by code 7"),
    ],
)
def test_however_it_goes_wrong_training_does_not(unlogged, tmp_path, how, at, why):
    wait = 3.0 if how == "hang" else 30.0
    began = time.monotonic()
    with pytest.warns(WatcherWarning, match=f"the own logger is off from here on: {why}"):
        run = trained(tmp_path, settings(how=how, at=at, wait_seconds=wait))
    assert time.monotonic() - began < 30
    assert same_result(unlogged, run)
    assert run.status()["state"] == "finished"


def test_a_run_that_is_gone_without_a_word_ends_it(tmp_path):
    """A training that was killed left its run behind as one that still runs."""
    file = tmp_path / "f"
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from snnrun import plugins\n"
        "from snnrun.loggers import LOGGERS\n"
        "from snnrun.loggers.apart import Apart\n"
        "from snnrun.loggers.logger import RunInfo\n"
        f"plugins.load({str(tmp_path / 'own_logger.py')!r})\n"
        f"logger = Apart(LOGGERS['own'].settings(to={str(file)!r}))\n"
        "logger.begin(RunInfo('id', 'name', Path(), {}), 0)\n"
        "logger.numbers(1, {'train/loss': 0.5})\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)})
    deadline = time.monotonic() + 30
    while not file.exists() or len(lines(file)) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [line[0] for line in lines(file)] == ["begin", "numbers", "end"]
    assert "killed" in lines(file)[-1][1]


def test_a_watcher_that_fails_takes_its_process_along(tmp_path, monkeypatch):
    config = experiment(tmp_path)
    watcher = Logging(settings())
    monkeypatch.setattr(watcher, "_show", lambda _: 1 / 0)
    run = RunDir.create(tmp_path, "watched")
    run.write_experiment(config)
    with pytest.warns(WatcherWarning, match="the own logger is off from here on: division"):
        Training(config, [watcher]).start(run)
    assert watcher.logger._process.returncode == -signal.SIGKILL


def test_secrets_are_not_told(tmp_path, monkeypatch):
    monkeypatch.setenv("OWN_API_KEY", "abcdef0123456789")
    with pytest.warns(WatcherWarning, match="off from here on") as caught:
        trained(tmp_path, settings(how="secret", at="begin"))
    text = " ".join(str(each.message) for each in caught)
    assert "http://***@host/***" in text
    assert "hidden" not in text
    assert "abcdef" not in text


def test_a_reason_is_a_line():
    assert reason(ValueError("no\nmore")) == "ValueError: no"
    assert reason(ValueError()) == "ValueError: no more is known"


def test_nothing_waits_for_one_that_reads_nothing(tmp_path):
    """Far more than a pipe holds."""
    logger = Apart(settings(how="hang", at="begin", wait_seconds=0.2))
    logger.begin(RunInfo("id", "name", tmp_path, {}), 0)
    began = time.monotonic()
    for epoch in range(2000):
        logger.numbers(epoch, {f"train/{number}": 0.5 for number in range(50)})
    assert time.monotonic() - began < 5
    with pytest.raises(LoggerError, match="not all was sent"):
        logger.end(Ending("finished", {}))
    assert logger._process.returncode == -signal.SIGKILL
