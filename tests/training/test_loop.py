"""A run that stops anywhere and goes on ends with the bits of one that never stopped."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import snnrun
from snnrun import api
from snnrun.core.position import Position
from snnrun.errors import ConfigError, DataError, DivergedError, Interrupted, WatcherWarning
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.resuming import extended
from snnrun.training.stopping import HINT
from snnrun.training.watchers.watcher import Watcher
from tests.evaluation.runs import opened
from tests.runs.checkpoints import change_state
from tests.runs.test_lock import OWNER
from tests.tiny import experiment, history, numbers, same_result, weights, write_config


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> RunDir:
    folder = tmp_path_factory.mktemp("unbroken")
    return snnrun.train(write_config(folder), results=folder / "results")


class StopAfter(Watcher):
    """Asks training to stop after some batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left:
            training.stop.reason = "the test"


def stopped_run(folder, batches: int, *overrides: str) -> RunDir:
    config = experiment(folder, *overrides)
    training, run = Training(config, [StopAfter(batches)]), RunDir.create(folder, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted, match="stopped by the test; saved epoch"):
        training.start(run)
    return run


def files_of(run: RunDir) -> dict[Path, bytes]:
    """Every file of a run but the lock, which says who looked last."""
    found = [path for path in run.path.rglob("*") if path.is_file() and path.name != "lock"]
    return {path: path.read_bytes() for path in found}


def test_two_runs_are_equal(unbroken, tmp_path):
    assert same_result(unbroken, snnrun.train(experiment(tmp_path), results=tmp_path))


def test_another_seed_gives_another_run(unbroken, tmp_path):
    other = snnrun.train(experiment(tmp_path, "seed=8"), results=tmp_path)
    assert weights(other) != weights(unbroken)
    assert numbers(other) != numbers(unbroken)


@pytest.mark.parametrize("batches", [1, 3, 5, 6, 12, 19, 20])
def test_stopped_anywhere_it_goes_on_to_the_same_bits(unbroken, tmp_path, batches):
    run = stopped_run(tmp_path, batches)
    assert run.status()["state"] == "interrupted"
    whole, rest = divmod(batches - 1, 5)
    at = Position(whole, rest + 1)
    assert checkpoint.saved(run.checkpoints)[-1] == at
    assert (run.checkpoints / "last").read_text() == f"{at.name}\n"
    snnrun.resume(run)
    assert run.status()["state"] == "finished"
    assert same_result(unbroken, run)


DELAYS = "model.layers.0.before=[{name: delay, kind: axonal, positivity: {name: sigmoid}}]"


def test_delays_are_logged_once_an_epoch_whatever_happens(tmp_path):
    unbroken = snnrun.train(experiment(tmp_path, DELAYS), results=tmp_path / "results")
    run = stopped_run(tmp_path, 12, DELAYS)
    assert same_result(unbroken, snnrun.resume(run))
    for of in ("mean", "min", "max"):
        epochs, values = run.curve("train", f"delays/layers.0.before.0/{of}")
        assert epochs == [0, 1, 2, 3, 4]
        assert len(set(values)) == 5
        for epoch in (0, 2, 4):
            saved = checkpoint.open_epoch(run.checkpoints, epoch).tensors
            acting = saved["model.layers.0.before.0.raw"].sigmoid()
            assert values[epoch] == getattr(acting, of)().item()


def test_what_is_kept_of_every_epoch(unbroken):
    """Twice over the same epochs; the last is what evaluating the network shows."""
    kept = unbroken.history()
    assert list(kept) == ["layers.1.weights", "label_times/mean", "label_times/std"]
    assert all(each.epochs == [0, 1, 2, 3, 4] for each in kept.values())
    for epoch in (0, 2, 4):
        saved = checkpoint.open_epoch(unbroken.checkpoints, epoch).tensors
        np.testing.assert_array_equal(
            kept["layers.1.weights"].values[epoch], saved["model.layers.1.weights"]
        )
    network = opened(unbroken, 4)
    _, record = network.show(split="validation")
    _, _, labels = network.samples(split="validation")
    for true in range(3):
        for neuron in range(3):
            times = record.times[-1][labels == true, neuron].double().numpy()
            times = times[np.isfinite(times)]
            mean, std = (
                kept[f"label_times/{of}"].values[4, true, neuron] for of in ("mean", "std")
            )
            assert (mean, std) == pytest.approx((times.mean(), times.std()), rel=1e-6)


def test_killed_after_writing_what_its_checkpoint_does_not_know(unbroken, tmp_path):
    """The line that a kill cut off, and whole lines after the checkpoint, come again once."""
    run = stopped_run(tmp_path, 12)
    with (run.path / "history.jsonl").open("a") as file:
        file.write(unbroken.history_lines()[9] + unbroken.history_lines()[10][:70])
    assert same_result(unbroken, snnrun.resume(run))


def test_killed_while_it_logged_how_the_network_began(unbroken, tmp_path):
    """The epoch of a line does not tell whether the checkpoint knows it; their number does."""
    config = experiment(tmp_path)
    training, run = Training(config), RunDir.create(tmp_path, "killed")
    run.write_experiment(config)
    training.stop.reason = "the test"
    with pytest.raises(Interrupted, match="saved epoch 0"):
        training.start(run)
    run.append_history(0, {"label_times/mean": np.ones((3, 3))})
    assert same_result(unbroken, snnrun.resume(run))


def test_stopped_before_the_first_epoch_it_still_logs_how_the_network_began(unbroken, tmp_path):
    """The first evaluation was cut short by the stop, and never made up for."""
    config = experiment(tmp_path)
    training, run = Training(config), RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    training.stop.reason = "the test"
    with pytest.raises(Interrupted, match="saved epoch 0"):
        training.start(run)
    assert same_result(unbroken, snnrun.resume(run))


def test_stopped_again_and_again(unbroken, tmp_path):
    run = stopped_run(tmp_path, 4)
    for batches in (3, 1, 7):
        saved = checkpoint.open_epoch(run.checkpoints)
        training = Training(extended(run, saved.at, (), None), [StopAfter(batches)])
        training.load(saved)
        with pytest.raises(Interrupted):
            training.start(run)
    assert same_result(unbroken, snnrun.resume(run))


def test_going_on_clears_what_a_killed_process_left(unbroken, tmp_path):
    run = stopped_run(tmp_path, 7)
    for left in (".77.epoch_0001", ".snnrun-77.epoch_0001", ".snnrun-77.gone.epoch_0000"):
        (run.checkpoints / left).mkdir()
    for left in (".77.status.json", ".snnrun-77.status.json", ".123.notes"):
        (run.path / left).write_text("{")
    (run.checkpoints / ".123.notes").write_text("mine")
    assert same_result(unbroken, snnrun.resume(run))
    kept = {run.path / ".123.notes", run.checkpoints / ".123.notes"}
    assert set(run.path.rglob(".*")) == kept


def test_training_on_equals_training_longer_at_once(unbroken, tmp_path):
    run = snnrun.train(experiment(tmp_path, "train.epochs=3"), results=tmp_path)
    snnrun.resume(run, epochs=4)
    assert same_result(unbroken, run)
    assert RunDir(run.path).experiment().train.epochs == 4


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


def test_history_that_cannot_be_read_stops_before_anything_moves(tmp_path):
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    (run.path / "history.jsonl").rename(run.path / "mine")
    (run.path / "history.jsonl").mkdir()
    before = files_of(run)
    for epoch in (2, None):
        with pytest.raises(DataError, match=r"cannot read .*history\.jsonl"):
            snnrun.resume(run, epoch=epoch, epochs=6)
    assert before == files_of(run)
    assert not (run.path / "superseded").exists()


def test_watchers_change_nothing(unbroken, tmp_path):
    pytest.importorskip("tensorboardX")
    watched = experiment(tmp_path, "train.live_plot=true", "train.tensorboard=true")
    run = snnrun.train(watched, results=tmp_path, verbosity="verbose")
    assert same_result(unbroken, run)
    assert (run.path / "live_accuracy.png").stat().st_size > 1000
    assert list((run.path / "tensorboard").iterdir())


class Broken(Watcher):
    """Fails at one event, as a picture does on a full disk."""

    name = "broken watcher"

    def __init__(self, event: str) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        setattr(self, event, fail)


@pytest.mark.parametrize("event", ["started", "batch_done", "epoch_done", "stopped"])
def test_a_watcher_that_fails_is_dropped_and_training_goes_on(unbroken, tmp_path, event):
    """A live plot on a full disk ended the training, or hid why it had ended."""
    config = experiment(tmp_path)
    training, run = Training(config, [Broken(event)]), RunDir.create(tmp_path, "watched")
    run.write_experiment(config)
    with pytest.warns(WatcherWarning, match="the broken watcher is off from here on: .*No space"):
        training.start(run)
    assert same_result(unbroken, run)


def test_a_stopped_run_says_so_whatever_its_watchers_do(tmp_path):
    config = experiment(tmp_path)
    watchers = [StopAfter(3), Broken("stopped")]
    training, run = Training(config, watchers), RunDir.create(tmp_path, "watched")
    run.write_experiment(config)
    with pytest.warns(WatcherWarning), pytest.raises(Interrupted, match="saved epoch 0, batch 3"):
        training.start(run)


def test_it_learns(unbroken):
    epochs, accuracy = unbroken.curve("validation", "accuracy")
    assert epochs == [0, 1, 2, 3, 4]
    assert accuracy[-1] > accuracy[0]


def test_what_is_logged(unbroken):
    last = {(r["split"], r["name"]): r["value"] for r in unbroken.metrics() if r["epoch"] == 4}
    for split in ("train", "validation", "test"):
        assert {(split, "loss"), (split, "accuracy"), (split, "spikes/layer_1")} <= last.keys()
    assert last["train", "learning_rate"] == pytest.approx(1e-3 / 2)
    assert 0 <= last["train", "bumped"] <= 1


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


class Poison(Watcher):
    """Makes training go wrong after seven batches, in one way or another."""

    def __init__(self, what: str) -> None:
        self.what, self.left = what, 7

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left and self.what == "weights":
            training.learner.model.layers[1].weights.data[2, 1] = math.nan
        if not self.left and self.what == "loss":
            rule = training.learner.rule
            rule.loss = lambda *_: None
            rule.loss.samples = lambda t, _: (t.sum(1) * math.nan, t[:, 0] < 9e9)
            rule.loss.scores = lambda t: -t


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("weights", r"layers\.1\.weights holds values that are not finite in epoch 1, batch 5; "),
        ("loss", r"the loss is nan in epoch 1, batch 2; try a smaller .*Saved: epoch 0"),
    ],
)
def test_divergence_is_named(tmp_path, what, message):
    training = Training(experiment(tmp_path, "learning.bump=null"), [Poison(what)])
    run = RunDir.create(tmp_path, "diverged")
    with pytest.raises(DivergedError, match=message):
        training.start(run)
    assert run.status()["state"] == "failed"


def test_divergence_is_told_even_where_nothing_can_be_written(tmp_path, monkeypatch):
    """The disk that kept the status from being written hid why the run had ended."""
    training = Training(experiment(tmp_path, "learning.bump=null"), [Poison("weights")])
    run = RunDir.create(tmp_path, "diverged")
    write = training._write_status

    def full(state: str, reason: str | None = None) -> None:
        if state == "failed":
            raise DataError("cannot write status.json: No space left on device")
        write(state, reason)

    monkeypatch.setattr(training, "_write_status", full)
    with pytest.raises(DivergedError):
        training.start(run)


def test_a_time_limit_saves_and_stops(tmp_path):
    config = experiment(tmp_path, "train.time_limit_minutes=1e-9")
    with pytest.raises(Interrupted, match="stopped by time limit") as caught:
        snnrun.train(config, results=tmp_path)
    assert caught.value.code == 75


# ---- real processes ----

LONG = "train.epochs=4000"
PATIENCE = 300  # seconds, where other processes take the machine


def start(folder, *overrides: str) -> tuple[subprocess.Popen, RunDir]:
    """Start a long run in a process of its own and wait until it trains."""
    command = ["train", str(write_config(folder)), LONG, *overrides, "--results", str(folder / "r")]
    process = subprocess.Popen(
        [sys.executable, "-m", "snnrun", *command], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in (folder / "r").glob("*/checkpoints/last"):
            run = RunDir(path.parent.parent)
            if len(run.metric_lines()) > 40:
                return process, run
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the run did not start: {process.communicate()[1]}")


def ends_as_unbroken(run: RunDir, folder) -> bool:
    """Go on to a fixed epoch, and compare with a run to that epoch."""
    end = checkpoint.open_epoch(run.checkpoints).at.epoch + 3
    snnrun.resume(run, epochs=end)
    other = snnrun.train(experiment(folder, f"train.epochs={end}"), results=folder / "other")
    name = Position(end).name
    return (
        weights(run, name) == weights(other, name)
        and numbers(run) == numbers(other)
        and history(run) == history(other)
    )


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGHUP, 75, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 75, marks=pytest.mark.slow),
        pytest.param(signal.SIGUSR1, 75, marks=pytest.mark.slow),
    ],
)
def test_a_signal_saves_and_tells_how_to_go_on(tmp_path, sent, code):
    process, run = start(tmp_path)
    process.send_signal(sent)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert f"snnrun continue {run.path}" in said
    assert (HINT in said) == (sent == signal.SIGINT)
    assert "Traceback" not in said
    assert ends_as_unbroken(run, tmp_path)


def test_killed_it_goes_on_from_its_last_checkpoint(tmp_path):
    process, run = start(tmp_path, "train.checkpoint_minutes=1e-9")
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert run.status()["state"] == "running"
    assert ends_as_unbroken(run, tmp_path)


@pytest.mark.slow
def test_continued_twice_at_once_it_has_one_owner(tmp_path):
    """Both trained, every number stood there twice, and the checkpoints were of either."""
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    command = [sys.executable, "-m", "snnrun", "continue", str(run.path), "--epochs", "200", "-q"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=PATIENCE)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 3], told
    owner, other = both if codes == [0, 3] else both[::-1]
    assert f"{run.path} is being trained by process {owner.pid} on " in told[both.index(other)]
    rows = [(row["epoch"], row["split"], row["name"]) for row in run.metrics()]
    assert len(set(rows)) == len(rows)
    assert run.status()["epoch"] == checkpoint.saved(run.checkpoints)[-1].epoch == 200


@pytest.mark.slow
def test_who_trains_owns_the_run_from_its_beginning_and_a_killed_one_does_not(tmp_path):
    process, run = start(tmp_path)
    with pytest.raises(DataError, match=f"is being trained by process {process.pid} on "):
        snnrun.resume(run)
    assert snnrun.inference(run, 0).epoch == 0
    process.kill()
    process.communicate(timeout=PATIENCE)
    reached = checkpoint.open_epoch(run.checkpoints).at.epoch
    assert snnrun.resume(run, epochs=reached + 1).status()["state"] == "finished"


def test_a_full_disk_ends_with_a_message_and_whole_files(tmp_path):
    """A limit on the size of a file stands in for a disk that is full."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
        "sys.argv = ['snnrun', *sys.argv[1:]]; "
        "from snnrun.__main__ import main; main()"
    )
    command = ["train", str(write_config(tmp_path)), "--results", str(tmp_path / "r")]
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 3, done.stderr
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "r").iterdir()
    assert json.loads((folder / "status.json").read_text())["state"] == "failed"
    for at in checkpoint.saved(folder / "checkpoints"):
        assert checkpoint.load(folder / "checkpoints" / at.name).at == at
