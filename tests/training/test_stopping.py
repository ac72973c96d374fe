"""Signals that end a training between two updates: it is saved, and goes on to the same bits."""

import os
import signal

import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import Interrupted
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.stopping import HINT
from snnrun.training.watchers.watcher import Watcher
from tests.tiny import experiment, same_result

CODES = {
    signal.SIGINT: (130, "Ctrl-C"),
    signal.SIGTERM: (75, "SIGTERM"),
    signal.SIGUSR1: (75, "SIGUSR1"),
    signal.SIGHUP: (75, "SIGHUP"),
}


class Send(Watcher):
    """Sends a signal to this process after so many batches."""

    def __init__(self, sent: signal.Signals, batches: int = 7) -> None:
        self.sent, self.left = sent, batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), self.sent)


@pytest.fixture(autouse=True)
def _not_ignored():
    """As in a terminal, whatever runs these tests ignores."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def training_of(folder, sent) -> tuple[Training, RunDir]:
    config, run = experiment(folder), RunDir.create(folder, "stopped")
    run.write_experiment(config)
    return Training(config, [Send(sent)]), run


@pytest.mark.parametrize("sent", CODES, ids=lambda sent: sent.name)
def test_a_signal_saves_and_is_named(unbroken, tmp_path, capsys, sent):
    """SIGHUP, of a connection that drops, ended a run on the spot."""
    before = signal.getsignal(sent)
    training, run = training_of(tmp_path, sent)
    code, name = CODES[sent]
    with pytest.raises(Interrupted, match=rf"^stopped by {name}; saved epoch 1, batch 2") as caught:
        training.start(run)
    assert caught.value.code == code
    assert (run.status()["state"], run.status()["reason"]) == ("interrupted", name)
    assert checkpoint.saved(run.checkpoints)[-1] == Position(1, 2)
    assert (HINT in capsys.readouterr().err) == (sent == signal.SIGINT)
    assert signal.getsignal(sent) == before
    assert same_result(unbroken, snnrun.resume(run))


def test_what_is_ignored_stays_ignored(unbroken, tmp_path):
    """Under nohup a dropped connection is nothing."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        training, run = training_of(tmp_path, signal.SIGHUP)
        training.start(run)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert same_result(unbroken, run)


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    training, run = training_of(tmp_path, signal.SIGINT)
    training.watchers = type(training.watchers)([Send(signal.SIGINT), Send(signal.SIGINT)])
    with pytest.raises(KeyboardInterrupt):
        training.start(run)
    assert checkpoint.saved(run.checkpoints)[-1] == Position(1)
    assert run.status()["state"] == "failed"
