"""Workers on machines that share a database, and no folder: PostgreSQL, as its own user."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from optuna.trial import TrialState

from snnrun.studies.cases import Plan
from snnrun.studies.claims import RUNS
from snnrun.studies.pool import Pool
from snnrun.studies.running import Worker
from tests.studies.small import write_sweep

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
pytestmark = pytest.mark.skipif(not PROGRAMS, reason="needs PostgreSQL: apt-get install postgresql")


@pytest.fixture(scope="module")
def database():
    """The URL of an empty database on a server of its own, which listens on no network."""
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'psycopg[binary]'")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # the path of a socket must be short
    user: dict = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    name = user.get("user") or pwd.getpwuid(os.geteuid()).pw_name

    def call(program: str, *arguments: str) -> None:
        command = [str(PROGRAMS[-1].with_name(program)), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    data = str(folder / "data")
    call("initdb", "-D", data, "-A", "trust", "-U", name, "--no-sync")
    options = f"-c listen_addresses='' -k {folder} -F"
    call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://{name}@/postgres?host={folder}"
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def worker(tmp_path, database, machine):
    path = write_sweep(tmp_path)
    text = path.read_text()
    if "storage" not in text:
        path.write_text(text.replace("seeds: [4, 5]", "seeds: [4]") + f"storage: {database}\n")
    return Worker.of(Plan.read(path), tmp_path / machine)


def test_two_machines_share_a_sweep_and_both_have_the_whole_table(tmp_path, database):
    one, two = (worker(tmp_path, database, machine) for machine in ("one", "two"))
    with one.pool.take() as claim:  # the first is at a run while the second does all others
        two.work()
        one._train(claim)
    assert [trial.state for trial in one.pool.trials.done()] == [TrialState.COMPLETE] * 4
    one.work()
    assert len(list((tmp_path / "one").glob("run_*"))) == 1
    assert len(list((tmp_path / "two").glob("run_*"))) == 3
    table = (tmp_path / "one" / "table.csv").read_text()
    assert table.count("\n") == 5
    assert "nan" not in table
    two.work()
    assert (tmp_path / "two" / "table.csv").read_text() == table


def test_many_claims_at_once_are_of_different_runs(tmp_path, database):
    """Workers of a database, each with a folder of its own, one after another."""
    plan = worker(tmp_path, database, "one").plan
    plan = Plan(plan.settings, plan.base, "many")
    pools = [Pool(plan, tmp_path / str(number), plan.cases()) for number in range(2)]
    for pool in pools:
        pool.join()
    numbers = []
    for pool in pools * 2:
        with pool.take() as claim:
            numbers.append(claim.number)
            pool.trials.tell(claim, 0.5, TrialState.COMPLETE, **{RUNS: []})
    assert sorted(numbers) == list(range(4))
