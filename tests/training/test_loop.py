"""A run that stops anywhere and goes on ends with the bits of one that never stopped."""

import math

import numpy as np
import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import DataError, DivergedError, Interrupted, WatcherWarning
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.resuming import extended
from snnrun.training.watchers import live
from snnrun.training.watchers.watcher import Watcher
from tests.evaluation.runs import opened
from tests.tiny import experiment, numbers, same_result, weights
from tests.training.stopped import StopAfter, stopped_run


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


def test_watchers_change_nothing(unbroken, tmp_path):
    pytest.importorskip("tensorboardX")
    watched = experiment(tmp_path, "train.live_plot=true", "train.tensorboard=true")
    run = snnrun.train(watched, results=tmp_path, verbosity="verbose")
    assert same_result(unbroken, run)
    assert (run.path / "live_accuracy.png").stat().st_size > 1000
    assert list((run.path / "tensorboard").iterdir())


def test_the_live_plot_draws_what_was_logged(tmp_path, monkeypatch):
    """It read all lines of the run again for each picture."""
    drawn = []
    monkeypatch.setattr(
        live, "draw_live", lambda curves, path: drawn.append(curves.of("validation", "loss"))
    )
    config = experiment(tmp_path)
    plot, run = live.LivePlot(seconds=-1), RunDir.create(tmp_path, "watched")
    run.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [plot, StopAfter(12)]).start(run)
    assert drawn[-1] == run.curve("validation", "loss")
    assert drawn[-1][0] == [0, 1, 2]
    plot.curves.add([row for row in run.logged() if row["epoch"] == 1])  # it went back
    assert plot.curves.of("train", "accuracy")[0] == [1]
    assert plot.curves.of("validation", "loss")[0] == [0, 1]


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
    last = {(r["split"], r["name"]): r["value"] for r in unbroken.logged() if r["epoch"] == 4}
    for split in ("train", "validation", "test"):
        assert {(split, "loss"), (split, "accuracy"), (split, "spikes/layer_1")} <= last.keys()
    assert last["train", "learning_rate"] == pytest.approx(1e-3 / 2)
    assert 0 <= last["train", "bumped"] <= 1


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


def test_a_reader_that_was_killed_is_told_of_wherever_the_news_comes(tmp_path):
    """It was an unexpected RuntimeError."""
    training = Training(experiment(tmp_path), [])
    run = RunDir.create(tmp_path, "lost")

    def step(_):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    training.learner.rule.step = step
    with pytest.raises(
        DataError, match=r"samples has ended \(DataLoader worker \(pid 7\) is killed"
    ):
        training.start(run)
    assert run.status()["state"] == "failed"


def test_divergence_is_told_even_where_nothing_can_be_written(tmp_path, monkeypatch):
    """The disk that kept the status from being written hid why the run had ended."""
    training = Training(experiment(tmp_path, "learning.bump=null"), [Poison("weights")])
    run = RunDir.create(tmp_path, "diverged")
    write = training.write_status

    def full(state: str, reason: str | None = None) -> None:
        if state == "failed":
            raise DataError("cannot write status.json: No space left on device")
        write(state, reason)

    monkeypatch.setattr(training, "write_status", full)
    with pytest.raises(DivergedError):
        training.start(run)


def test_a_time_limit_saves_and_stops(tmp_path):
    config = experiment(tmp_path, "train.time_limit_minutes=1e-9")
    with pytest.raises(Interrupted, match="stopped by time limit") as caught:
        snnrun.train(config, results=tmp_path)
    assert caught.value.code == 75
