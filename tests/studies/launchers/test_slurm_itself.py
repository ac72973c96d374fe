"""Slurm itself, started for a sweep: what it puts back into its queue ends as if unbroken."""

import csv

import pytest

from snnrun.runs.folder import RunDir
from tests.cli.running import MODULE, ROOT, shell
from tests.slurm import slurm
from tests.studies.small import BASE
from tests.training.exact import differences

pytest.importorskip("submitit", reason="needs submitit: pip install submitit")

#: Within a limit of ten minutes, any signal counts as that of the limit.
SWEEP = """
config: base.yaml
set: {train.epochs: 800}
seeds: [4, 5]
launcher: {name: slurm, minutes: 10}
"""
COMMAND = ("sweep", "sweep.yaml", "--jobs", "2", "--results")


@pytest.fixture
def cluster():
    with slurm() as started:
        yield started


def table(sweep):
    """What a sweep found, without how long it took."""
    rows = csv.DictReader((sweep / "table.csv").read_text().splitlines())
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.mark.slow
def test_a_sweep_whose_jobs_are_put_back_is_that_of_one_machine(cluster, tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    code, _, err = shell(*COMMAND, "here", cwd=tmp_path)
    assert (code, err) == (0, "")
    here, there = (tmp_path / name / "sweep" for name in ("here", "there"))
    command = (*MODULE, *COMMAND, "there", "--launcher", "slurm", "--wait")
    log = tmp_path / "log"
    sweep = cluster.begin(*command, log=log, cwd=tmp_path, PYTHONPATH=str(ROOT))
    cluster.until("both runs begin", lambda: len([*there.glob("run_*/metrics.jsonl")]) == 2)
    cluster.ask("scancel", "--signal=USR2", "--name=snnrun_sweep")
    cluster.until("the sweep is done", lambda: sweep.poll() is not None)
    assert sweep.returncode == 0, cluster.said()
    assert log.read_text().startswith("submitted 1_0, 1_1; what they say: ")
    logs = [path.read_text() for path in (there / "jobs").glob("*.err")]
    assert all("the same command goes on" in text for text in logs), "\n".join(logs)
    for run in map(RunDir, here.glob("run_*")):
        other = RunDir(there / run.path.name)
        assert differences(other, run) == []
        assert len(other.read_json("environment.json").get("continued", [])) == 1
    assert len(logs) == len(table(there)) == 2
    assert table(there) == table(here)
