"""What `sweep --status` shows."""

import pytest
from optuna.trial import TrialState

from snnrun.errors import DataError
from snnrun.studies import status
from snnrun.studies.cases import Plan
from snnrun.studies.claims import REASON, RUNS
from snnrun.studies.pool import Pool
from tests.cli.running import run
from tests.studies.small import write_sweep


@pytest.fixture
def pool(tmp_path):
    """A sweep of eight runs: one done, one that diverged, one under way, one left."""
    plan = Plan.read(write_sweep(tmp_path))
    pool = Pool(plan, tmp_path / "sweep", plan.cases())
    pool.join()
    for value, state in ((0.75, TrialState.COMPLETE), (None, TrialState.FAIL)):
        with pool.take() as claim:
            known = {
                RUNS: [{"run": "none", "seconds": 1800.0}],
                REASON: None if value else "it\x1b[2J",
            }
            pool.trials.tell(claim, value, state, **known)
    return pool


def lines(pool):
    return [line.split() for line in status.status(pool.plan, pool.folder).splitlines()]


def test_each_run_has_a_line(pool, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pool.take(), pool.take() as second:
        pass
    with pool.take() as claim:
        assert claim.number == 2
        assert second.number == 3
        head, heads, *rows = lines(pool)
    assert " ".join(head[1:]) == (
        "1 finished, 1 failed, 1 running, 1 left, 4 waiting; 1.00 h of training"
    )
    assert heads == ["run", "state", "epoch", "value", "worker", "settings"]
    assert [row[1] for row in rows] == ["finished", "failed", "running", "left", *["waiting"] * 4]
    assert rows[0][:3] == ["run_001", "finished", "0.75"]
    assert rows[1][-1] == "it\\x1b[2J"
    assert ":" in rows[2][2]  # the worker


def test_a_terminal_is_drawn_until_all_is_done(pool, monkeypatch, capsys):
    """Once in a pipe; in a terminal again and again while something runs or waits."""
    looks = []

    def sleep(seconds):
        looks.append(seconds)
        with pool.take() as claim:
            while claim is not None:
                pool.trials.tell(claim, 0.5, TrialState.COMPLETE, **{RUNS: []})
                with pool.take() as claim:
                    continue

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr(status.time, "sleep", sleep)
    status.watch(pool.plan, pool.folder)
    assert 1 <= len(looks) < 9
    assert capsys.readouterr().out.count("\x1b[H\x1b[J") == len(looks) + 1


def test_a_sweep_that_was_not_begun(tmp_path):
    path = write_sweep(tmp_path)
    with pytest.raises(DataError, match=r"the sweep was not begun yet: there is no folder .*sweep"):
        status.status(Plan.read(path), tmp_path / "sweep")
    assert run("sweep", path, "--results", tmp_path, "--status")[0] == 3
    assert not (tmp_path / "sweep").exists()
