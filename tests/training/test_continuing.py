"""Going on: from which epoch, with which settings, and with whose leave."""

import os
import socket
import subprocess
import sys

import pytest

import snnrun
from snnrun import api
from snnrun.core.position import Position
from snnrun.errors import ConfigError, DataError, Interrupted
from snnrun.runs import checkpoint
from snnrun.training.loop import Training
from snnrun.training.resuming import extended
from snnrun.training.watchers.watcher import Watcher
from tests.runs.checkpoints import change_state
from tests.runs.test_lock import OWNER
from tests.tiny import experiment, history, numbers, same_result, weights
from tests.training.stopped import StopAfter, files_of, stopped_run


def test_going_on_from_an_earlier_epoch_keeps_what_was_there(unbroken, tmp_path):
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    before, kept = run.metric_lines(), history(run)
    snnrun.resume(run, epoch=2, savepoints=[3, 4])
    assert same_result(unbroken, run)
    assert {Position(2), Position(3), Position(4)} <= set(checkpoint.saved(run.checkpoints))
    (aside,) = (run.path / "superseded").iterdir()
    assert (aside / "metrics.jsonl").read_text() == "".join(before)
    assert (aside / "history.jsonl").read_bytes() == kept
    assert (aside / "epoch_0004" / "weights.safetensors").read_bytes() == weights(unbroken)


@pytest.mark.parametrize("lines", [slice(3), slice(3, 6), slice(None)])
def test_going_on_from_an_earlier_epoch_after_lines_were_lost(lines, tmp_path):
    """The number of lines says less than their epochs where some are gone; none comes twice."""
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    whole = run.history_lines(), run.metric_lines()
    for name, kept in zip(("history.jsonl", "metrics.jsonl"), whole, strict=True):
        del kept[lines]
        (run.path / name).write_text("".join(kept))
    snnrun.resume(run, epochs=6)
    snnrun.resume(run, epoch=2, epochs=5)
    found = [*(each.epochs for each in run.history().values()), run.curve("validation", "loss")[0]]
    assert all(epochs[-3:] == [3, 4, 5] for epochs in found)
    assert all(epochs == sorted(set(epochs)) for epochs in found)


@pytest.mark.parametrize(
    ("kind", "told"),
    [(os.mkdir, r"history\.jsonl is a folder"), (os.mkfifo, "cannot read .*history")],
)
def test_history_that_cannot_be_read_stops_before_anything_moves(tmp_path, kind, told):
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    (run.path / "history.jsonl").rename(run.path / "mine")
    kind(run.path / "history.jsonl")
    before = files_of(run)
    for epoch in (2, None):
        with pytest.raises(DataError, match=told):
            snnrun.resume(run, epoch=epoch, epochs=6)
    assert before == files_of(run)
    assert not (run.path / "superseded").exists()


def test_a_run_that_died_between_its_last_test_and_its_end_keeps_no_copy(unbroken, tmp_path):
    """Its tests come again as they were; those of a run that finished are kept aside."""
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    run.write_json("status.json", {**run.status(), "state": "running"})
    snnrun.resume(run)
    assert same_result(unbroken, run)
    assert run.status()["state"] == "finished"
    assert not (run.path / "superseded").exists()


def test_a_finished_run_has_nothing_left_to_train(unbroken):
    with pytest.raises(ConfigError, match=r"stands at epoch 4 and cannot end at 4. .*--epochs"):
        snnrun.resume(unbroken)
    with pytest.raises(ConfigError, match="cannot end at 3"):
        snnrun.resume(unbroken, epochs=3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("lr: 0.001", "lr: 0.5", "train.optimizer.lr: is 0.5, but the run began with 0.001"),
        ("batch_size: 50", "batch_size: 40", "train.batch_size: is 40, but .* with 50"),
        ("every: 2", "every: 3", "train.scheduler.every: is 3, but .* with 2"),
        ("bias_times: [0.9]", "bias_times: [0.8]", "model.layers.0.bias_times.0: is 0.8, but"),
        ("bias_times: [0.9]", "bias_times: []", "model.layers.0.bias_times: is an empty list, but"),
        ("seed: 7", "seed: 8", "seed: is 8, but the run began with 7"),
    ],
)
def test_a_run_goes_on_as_it_began_or_not_at_all(tmp_path, old, new, told):
    """Its config was edited, and the edit silently ignored or mixed into the same run."""
    run = stopped_run(tmp_path, 7)
    text = run.config.read_text()
    assert old in text
    run.config.write_text(text.replace(old, new))
    before = files_of(run)
    with pytest.raises(ConfigError, match=f"config.yaml: {told}"):
        snnrun.resume(run)
    assert files_of(run) == before


def test_what_changes_no_bits_may_be_edited(unbroken, tmp_path):
    run = stopped_run(tmp_path, 7)
    text = run.config.read_text()
    changes = {"checkpoint_minutes: 5.0": "checkpoint_minutes: 9", "threads: null": "threads: 1"}
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    run.config.write_text(text)
    assert same_result(unbroken, snnrun.resume(run))


def test_a_checkpoint_that_does_not_fit_leaves_the_run_as_it_was(tmp_path):
    """Folders had been moved, and the config written anew, before it was found out."""
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    lacking = ["model.layers.0.weights"]
    change_state(run.checkpoints / "epoch_0002", "optimizer", 0, "parameters", value=lacking)
    before = files_of(run)
    with pytest.raises(DataError, match=r"epoch_0002 does not fit the run's settings: .*group"):
        snnrun.resume(run, epoch=2, epochs=5)
    assert files_of(run) == before


def test_lost_numbers_are_told_of_and_stay_the_only_ones(unbroken, tmp_path, capsys):
    """Without a word; and after the next stop, numbers were kept that should have gone."""
    run = stopped_run(tmp_path, 12)
    numbers_before, arrays = len(run.metric_lines()), len(run.history_lines())
    run.cut_lines(3, arrays)
    saved = checkpoint.open_epoch(run.checkpoints)
    training = Training(extended(run, saved.at, (), None), [StopAfter(5)])
    training.load(saved)
    with pytest.raises(Interrupted):
        training.start(run)
    snnrun.resume(run)
    assert numbers(run)[3:] == numbers(unbroken)[numbers_before:]
    run.cut_lines(3, 10**9)
    snnrun.resume(run, epochs=5)
    assert "metrics.jsonl holds 3 of the " in capsys.readouterr().err


def test_a_status_makes_no_running_run(unbroken, tmp_path):
    """Another process that had got the number of a dead one blocked it for as long as it ran."""
    here = {"state": "running", "host": socket.gethostname()}
    alive = here | {"process": os.getppid()}
    for status in ({"state": "running"}, here, here | {"process": 10**40}, alive):
        run = stopped_run(tmp_path, 7)
        run.write_json("status.json", status)
        assert same_result(unbroken, snnrun.resume(run))


def test_a_savepoint_that_has_passed_is_refused(tmp_path):
    """It was written into the config as if it had been saved."""
    run = stopped_run(tmp_path, 17)
    with pytest.raises(ConfigError, match=r"savepoint 1 has passed: .* stands at epoch 3, batch 2"):
        snnrun.resume(run, savepoints=[1, 4])
    snnrun.resume(run, savepoints=[2, 4])
    assert run.experiment().train.savepoints == (2, 4)


def test_an_epoch_that_was_not_saved(unbroken):
    with pytest.raises(DataError, match=r"has no epoch 1\. Saved epochs: 0, 2"):
        snnrun.resume(unbroken, epoch=1)


def test_a_run_of_another_process_is_left_alone(tmp_path):
    run = stopped_run(tmp_path, 2)
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(run.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()
    before = files_of(run)
    with pytest.raises(DataError, match=f"is being trained by process {process.pid} on "):
        snnrun.resume(run)
    assert files_of(run) == before
    assert snnrun.inference(run, 0).epoch == 0
    process.kill()
    process.communicate()
    assert snnrun.resume(run).status()["state"] == "finished"


class GoOn(Watcher):
    """Tries to go on with a run while it is trained."""

    def __init__(self) -> None:
        self.told = set()

    def _try(self, training: Training, *_: object) -> None:
        with pytest.raises(DataError) as error:
            snnrun.resume(training.run_dir)
        self.told.add(str(error.value))

    started = batch_done = epoch_done = stopped = _try


def test_who_trains_owns_the_run_from_its_beginning_to_its_end(tmp_path, monkeypatch):
    watcher = GoOn()
    monkeypatch.setattr(api, "_watchers", lambda *_: [watcher])
    config = experiment(tmp_path, "train.epochs=1", "train.savepoints=[]")
    run = snnrun.train(config, results=tmp_path)
    by = f"process {os.getpid()} on {socket.gethostname()}"
    assert watcher.told == {f"{run.path} is being trained by {by}"}
    watcher.told.clear()
    snnrun.resume(run, epochs=2)
    assert watcher.told == {f"{run.path} is being trained by {by}"}


@pytest.mark.parametrize("name", ["checkpoints", "superseded"])
def test_nothing_is_written_through_a_link_that_leads_out(tmp_path, name):
    """Checkpoints were saved, and removed, wherever it led."""
    run, elsewhere = stopped_run(tmp_path, 2), tmp_path / "elsewhere"
    elsewhere.mkdir()
    if name == "checkpoints":
        run.checkpoints.rename(elsewhere / name)
    (run.path / name).symlink_to(elsewhere / name)
    before = sorted(elsewhere.rglob("*"))
    with pytest.raises(DataError, match=f"{name} is a link that leads out of the run folder"):
        snnrun.resume(run)
    assert sorted(elsewhere.rglob("*")) == before
