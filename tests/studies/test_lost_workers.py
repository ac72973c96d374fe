"""Runs that end the workers that train them, again and again."""

import json
import os
import subprocess
import sys

import pytest
from optuna.trial import TrialState

from snnrun.errors import DataError, Interrupted, OutOfMemoryError
from snnrun.runs.folder import RunDir
from snnrun.studies import running
from snnrun.studies.cases import Plan
from snnrun.studies.claims import LOST
from snnrun.studies.lost_workers import counted
from snnrun.studies.pool import Pool
from snnrun.studies.running import Worker, sweep
from snnrun.studies.status import status
from tests.cli.running import ROOT, run
from tests.studies.small import write_sweep
from tests.tiny import numbers

SWEEP = """
config: base.yaml
set: {train.epochs: 6, train.savepoints: [1, 2, 3, 4, 5, 6]}
grid: {model.layers.0.size: [3, 7]}
"""
SAID = "run 1 of 2, model.layers.0.size=3, seed=0: it ended worker after worker, the last 3 without"
KILLED = [-9, ""]


@pytest.fixture
def path(tmp_path):
    """The sweep file: two runs, of which the first one may end its workers."""
    write_sweep(tmp_path)
    found = tmp_path / "two.yaml"
    found.write_text(SWEEP)
    return found


def workers(path, number, *epochs):
    """How so many workers ended, each after the one before; see tests/studies/deadly.py."""
    command = [sys.executable, "-m", "tests.studies.deadly", path, path.parent, number, *epochs]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def pool_of(path):
    plan = Plan.read(path)
    return Pool(plan, path.parent / plan.name, plan.cases())


def states(path):
    pool = pool_of(path)
    return [line.split()[1] for line in status(pool.plan, pool.folder).splitlines()[2:]]


def test_a_run_that_ended_three_workers_waits_until_the_others_are_done(path, monkeypatch):
    """Each worker took it over first, for ever, and no other run was ever begun."""
    ended = workers(path, 6, 0, 0, 0, 0, 0)
    last = ended[3]
    assert ended == [KILLED, KILLED, KILLED, last, KILLED, last]  # tried once more, by the fifth
    folder = path.parent / "two"
    assert last[0] == 0
    assert last[1].startswith(
        f"{SAID} a newer checkpoint, as runs do that find too little memory: "
    )
    assert f"see {folder / 'run_001'}; fewer workers" in last[1]
    assert last[1].endswith("; it waits until no other run is left; the same command tries again")
    assert states(path) == ["failed", "finished"]
    monkeypatch.setenv("COLUMNS", "500")
    shown = run("sweep", path, "--results", path.parent, "--status")[1]
    assert shown.startswith(f"{folder}: 1 failed, 1 finished; ")
    assert "seed=0; it ended worker after worker, the last 3 " in shown
    assert (folder / "table.csv").read_text().count("\n") == 2
    monkeypatch.setenv("SNNRUN_WORKER", "2")  # one of several that one command started
    with pytest.raises(OutOfMemoryError, match=SAID):
        sweep(path, results=path.parent)
    monkeypatch.delenv("SNNRUN_WORKER")
    sweep(path, results=path.parent)
    assert states(path) == ["finished", "finished"]


@pytest.mark.slow
def test_a_run_that_comes_on_between_goes_on_to_the_bit(path):
    """Five workers are lost, two in a row at most without a newer checkpoint."""
    ended = workers(path, 6, 0, 0, 2, 0, 1)
    assert [code for code, _ in ended] == [-9] * 5 + [0]
    whole = path.parent / "whole"
    sweep(path, results=whole)
    for name in ("run_001", "run_002"):
        assert numbers(RunDir(path.parent / "two" / name)) == numbers(RunDir(whole / "two" / name))


@pytest.mark.slow
def test_the_worker_that_made_the_newest_checkpoint_is_one_of_those_that_were_lost_at_it(path):
    *ended, last = workers(path, 5, 0, 1, 0, 0)
    assert ended == [KILLED] * 4
    assert last[1].startswith(SAID)


@pytest.mark.parametrize("error", [DataError("no data"), Interrupted("stopped", 75)])
def test_who_leaves_a_run_by_itself_was_not_lost(path, monkeypatch, error):
    def fail(experiment, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(running.api, "train", fail)
        for _ in range(5):
            with pytest.raises(
                type(error), match=str(error).replace("stopped", "stopped at run 1")
            ):
                sweep(path, results=path.parent)
    left = pool_of(path).trials.all(TrialState.RUNNING)
    assert left
    assert {trial.user_attrs[LOST] for trial in left} == {0}
    sweep(path, results=path.parent)
    assert states(path) == ["finished", "finished"]


def test_several_that_end_their_workers_do_not_stop_a_worker(tmp_path):
    """Three runs that fail one after another do."""
    write_sweep(tmp_path)
    plan = Plan.read(tmp_path / "sweep.yaml")
    pool = Pool(plan, tmp_path / "sweep", plan.cases())
    pool.join()
    for _ in range(4):
        with pool.take() as claim:
            claim.trial.set_user_attr(LOST, 3)
            pool.given_up.add(claim.number)
    with pytest.raises(OutOfMemoryError, match=r"it ended worker after worker.*; 4 runs failed"):
        Worker.of(plan, pool.folder).work()
    assert states(tmp_path / "sweep.yaml") == ["failed"] * 4 + ["finished"] * 4


def test_of_a_point_with_several_seeds_the_one_is_named_that_is_not_done(path):
    path.write_text(
        "config: base.yaml\nseeds: 2\nsearch:\n  trials: 1\n"
        "  space: {model.tau_mem: {low: 5.0, high: 20.0}}\n"
    )
    pool = pool_of(path)
    pool.join()
    with pool.take() as claim:
        claim.trial.set_user_attr(LOST, 3)
    done = RunDir(pool.folder / "run_001_seed_0")
    done.path.mkdir()
    done.write_json("status.json", {"state": "finished"})
    with pool.take() as claim, pytest.raises(OutOfMemoryError, match=r"/run_001_seed_1; few"):
        with counted(claim, pool.trials):
            raise AssertionError
    assert states(path) == ["failed"]
