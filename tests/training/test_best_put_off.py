"""A better epoch waits for its checkpoint where saving would take too much of the time."""

import math
import shutil
from itertools import pairwise

import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import DivergedError
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training import keeping
from snnrun.training.keeping import SHARE
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests import tiny
from tests.training.stopped import stopped_run
from tests.training.troubled import Poison, full_behind

#: The second epoch is the best, and the first is better than none; nothing is saved on request.
BETTER = ("seed=9", "train.epochs=3", "train.savepoints=[]")
END = "epoch_0003"


@pytest.fixture(scope="module")
def at_once(tmp_path_factory):
    """A run that writes each better epoch at once."""
    folder = tmp_path_factory.mktemp("at_once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "SHARE", math.inf)
        return snnrun.train(tiny.experiment(folder, *BETTER), results=folder)


@pytest.fixture
def slow_disk(monkeypatch):
    """Saving takes more of the time than it may, always."""
    monkeypatch.setattr(keeping, "SHARE", 0.0)


class Looks(Watcher):
    """Notes what lies on the disk after each epoch, and keeps a copy of it."""

    def __init__(self, folder) -> None:
        self.folder, self.seen, self.copies = folder, [], []

    def epoch_done(self, training, rows) -> None:
        run = training.run_dir
        best = run.status()["best"]["epoch"], (run.checkpoints / "best").read_text().strip()
        self.seen.append(([at.epoch for at in checkpoint.saved(run.checkpoints)], *best))
        copy = shutil.copytree(run.path, self.folder / f"copy_{training.at.epoch}")
        self.copies.append(RunDir(copy))


def looked_at(folder):
    config, looks = tiny.experiment(folder, *BETTER), Looks(folder)
    run = RunDir.create(folder, "looked_at")
    run.write_experiment(config)
    Training(config, [looks]).start(run)
    return run, looks


def test_it_is_written_with_the_next_that_is(slow_disk, tmp_path, at_once):
    """Until then status and pointer name the best that is there."""
    run, looks = looked_at(tmp_path)
    best = at_once.status()["best"]["epoch"]
    assert best not in (0, 3)
    assert looks.seen[:2] == [([0], 0, "epoch_0000")] * 2
    assert looks.seen[2] == ([0, best, 3], best, f"epoch_{best:04d}")
    assert tiny.same_result(run, at_once, END)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == sorted(
        path.name for path in at_once.checkpoints.iterdir()
    )


def test_whoever_is_killed_before_that_trains_it_again(slow_disk, tmp_path, at_once):
    _, looks = looked_at(tmp_path)
    for copy in looks.copies:
        snnrun.resume(copy)
        assert tiny.same_result(copy, at_once, END)


def test_where_saving_is_quick_nothing_waits(monkeypatch, tmp_path):
    monkeypatch.setattr(keeping, "SHARE", math.inf)
    _, looks = looked_at(tmp_path)
    best = [entry[1] for entry in looks.seen]
    assert best[0] == 1
    assert all(one <= other for one, other in pairwise(best))


def test_a_run_that_is_stopped_writes_it(slow_disk, tmp_path, at_once):
    run = stopped_run(tmp_path, 12, *BETTER)
    best = at_once.status()["best"]["epoch"]
    assert checkpoint.saved(run.checkpoints) == [Position(0), Position(best), Position(2, 2)]
    snnrun.resume(run)
    assert tiny.same_result(run, at_once, END)


def test_a_run_that_goes_wrong_writes_it(slow_disk, tmp_path):
    config, run = tiny.experiment(tmp_path, *BETTER), RunDir.create(tmp_path, "wrong")
    run.write_experiment(config)
    training = Training(config, [Poison(8, "model.layers.0.weights", math.nan)])
    with pytest.raises(DivergedError, match=r"Saved: epoch 0, epoch 1$"):
        training.start(run)
    assert run.status()["best"]["epoch"] == run.best() == 1


def test_a_full_disk_hides_no_other_reason(slow_disk, monkeypatch, tmp_path):
    config, run = tiny.experiment(tmp_path, *BETTER), RunDir.create(tmp_path, "full")
    run.write_experiment(config)
    full_behind(monkeypatch, Position(0))
    training = Training(config, [Poison(8, "model.layers.0.weights", math.nan)])
    with pytest.raises(DivergedError, match=r"Saved: epoch 0$"):
        training.start(run)
    assert run.status()["best"]["epoch"] == run.best() == 0


def test_saving_takes_a_small_share_of_a_training(monkeypatch, tmp_path):
    """By a clock of its own: an epoch takes 1 s here, a checkpoint 0.5 s."""
    now, wrote = 0.0, []

    class Clock:
        @staticmethod
        def monotonic():
            return now

    class Epochs(Watcher):
        def epoch_done(self, training, rows) -> None:
            nonlocal now
            now += 1.0

    def written(folder, at, contents, write=checkpoint.write):
        nonlocal now
        now += 0.5
        wrote.append(at.epoch)
        return write(folder, at, contents)

    def better(self, epoch, validation):
        self.best = keeping.Best(epoch=epoch, values={key: 0.0 for key in self.judged.names})
        return True

    monkeypatch.setattr(keeping, "time", Clock)
    monkeypatch.setattr(keeping.checkpoint, "write", written)
    monkeypatch.setattr(keeping.Keeping, "note", better)
    config = tiny.experiment(tmp_path, "train.epochs=60", "train.savepoints=[]")
    run = RunDir.create(tmp_path, "clocked")
    run.write_experiment(config)
    Training(config, [Epochs()]).start(run)
    wait = 0.5 / SHARE
    assert wrote == [0, *range(1 + int(wait) + 1, 60, int(wait) + 1), 60]
