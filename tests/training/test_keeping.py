"""What is kept of a training: nothing that is no number, and nothing that a kill can spoil."""

import math
import os
import re
import subprocess
import sys

import pytest
import torch

import snnrun
from snnrun.core.position import Position, position
from snnrun.errors import DataError, DivergedError, Interrupted
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests import tiny
from tests.training import plugged
from tests.training.stopped import StopAfter
from tests.training.troubled import Poison, full_behind

BAD = {"nan": math.nan, "inf": math.inf, "minus inf": -math.inf}
#: A parameter and a buffer of the model, buffers of rule and encoder.
LEARNER = ["model.weights", "model.norm.running_var", "rule.level", "encoder.mean"]
OPTIMIZER = ["model.weights/exp_avg", "model.norm.bias/exp_avg_sq", "model.weights/step"]


def poisoned(folder, name, value, batches, *others):
    """A training of five batches an epoch that is poisoned after some, and its run."""
    training = Training(plugged.experiment(), [Poison(batches, name, value), *others])
    training.learner.encoder.register_buffer("mean", torch.zeros(3))
    run = RunDir.create(folder, "poisoned")
    run.write_experiment(training.experiment)
    return training, run


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", [*LEARNER, *OPTIMIZER])
def test_what_is_no_number_is_named_at_the_end_of_the_epoch(monkeypatch, tmp_path, name, value):
    """NaN in a buffer ended as "finished"."""
    plugged.plug(monkeypatch)
    training, run = poisoned(tmp_path, name, BAD[value], 5)
    where = "epoch 1" if name in OPTIMIZER else "epoch 0, batch 5"  # before it is evaluated
    message = rf"^{name} holds values that are not finite in {where}; .*Saved: epoch 0$"
    with pytest.raises(DivergedError, match=message):
        training.start(run)
    assert checkpoint.saved(run.checkpoints) == [Position(0)]
    assert run.status()["state"] == "failed"
    assert run.status()["reason"].startswith(f"{name} holds values that are not finite")


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", [*LEARNER, *OPTIMIZER])
def test_what_is_no_number_is_not_saved_within_an_epoch(monkeypatch, tmp_path, name, value):
    """The run said "running" for ever, too."""
    plugged.plug(monkeypatch)
    training, run = poisoned(tmp_path, name, BAD[value], 3, StopAfter(3))
    message = f"^{name} holds values that are not finite in epoch 0, batch 3; .*Saved: epoch 0$"
    with pytest.raises(DivergedError, match=message):
        training.start(run)
    assert checkpoint.saved(run.checkpoints) == [Position(0)]
    assert run.status()["state"] == "failed"


def test_a_network_that_is_no_number_before_training_is_named(monkeypatch, tmp_path):
    plugged.plug(monkeypatch)
    training, run = poisoned(tmp_path, "", 0.0, 99)
    training.learner.model.norm.running_mean[1] = math.nan
    with pytest.raises(DivergedError, match=r"^model\.norm\.running_mean .*; .*Saved: nothing$"):
        training.start(run)


def test_a_disk_that_is_full_where_a_run_is_stopped_is_told_in_its_status(tmp_path, monkeypatch):
    config = tiny.experiment(tmp_path)
    training, run = Training(config, [StopAfter(3)]), RunDir.create(tmp_path, "full")
    run.write_experiment(config)
    full_behind(monkeypatch, Position(0))
    with pytest.raises(DataError, match="No space left"):
        training.start(run)
    assert run.status()["state"] == "failed"


# ---- killed while saving ----


#: With this seed the last epoch is the best, and that before it was: it goes.
SEED = "seed=10"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    return snnrun.train(tiny.experiment(folder, SEED), results=folder)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Copies of one run, each killed at another step of its last save; the last one was not."""
    folder = tmp_path_factory.mktemp("killed")
    config, begun = tiny.experiment(folder, SEED), RunDir.create(folder, "begun")
    begun.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(18)]).start(begun)
    command = [sys.executable, "-m", "tests.training.killed", str(begun.path), str(folder), "4"]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=one_thread, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [RunDir(path) for path in sorted(folder.glob("step_*"))]


def test_a_kill_at_any_step_of_saving_leaves_whole_checkpoints(killed):
    seen = set()
    for run in killed:
        found = checkpoint.saved(run.checkpoints)
        assert all(checkpoint.load(run.checkpoints / at.name).at == at for at in found), run
        whole = {at.epoch for at in found if not at.batch}
        known = checkpoint.load(run.checkpoints / found[-1].name).to_continue()
        assert {known.best.epoch, *known.kept} <= whole, run
        assert {run.status()["best"]["epoch"], run.best()} <= whole, run
        last, best = ((run.checkpoints / name).read_text().strip() for name in checkpoint.POINTERS)
        assert {position(last), position(best)} <= set(found), run
        seen.add((found[-1], len(found)))
    last = {at for at, _ in seen}
    assert last == {Position(3, 3), Position(4)}
    assert len(seen) > 3  # some were killed while others were removed
    assert len(killed) > 20


def unlike(runs):
    """One of all runs whose folders hold the same files, of the same sizes."""
    found = {}
    for run in runs:
        files = (path for path in run.path.rglob("*") if path.name != "lock")
        key = frozenset(
            (re.sub(r"snnrun-\d+-\w+", "", str(path.relative_to(run.path))), path.stat().st_size)
            for path in files
            if path.is_file()
        )
        found.setdefault(key, run)
    assert len(found) > 15
    return found.values()


def test_killed_at_any_step_of_saving_it_goes_on_to_the_same_bits(unbroken, killed):
    """And its pointers, and what lies in its folder, are true after that."""
    best = Position(unbroken.status()["best"]["epoch"])
    for run in unlike(killed[:-1]):
        (run.checkpoints / ".123.notes").write_text("mine")
        assert run.status()["state"] == "running"
        snnrun.resume(run)
        assert tiny.same_result(unbroken, run), run
        assert run.status()["best"]["epoch"] == run.best() == best.epoch, run
        assert (run.checkpoints / "last").read_text() == "epoch_0004\n", run
        assert (run.checkpoints / "best").read_text() == f"{best.name}\n", run
        left = {*os.listdir(unbroken.checkpoints), ".123.notes"}
        assert set(os.listdir(run.checkpoints)) == left, run
    assert tiny.same_result(unbroken, killed[-1])
