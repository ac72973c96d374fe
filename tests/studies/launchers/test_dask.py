"""Workers of a sweep on a Dask cluster: one of our own, and one that is there."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import shell
from tests.studies.small import write_sweep

pytest.importorskip("distributed", reason="needs Dask: pip install distributed")


def small(folder: Path) -> Path:
    """Four runs of a tenth of a second."""
    path = write_sweep(folder)
    path.write_text(path.read_text().replace("seeds: [4, 5]", "seeds: [4]"))
    return path


@pytest.mark.slow
def test_two_workers_of_a_cluster_on_this_machine_share_a_sweep(tmp_path):
    small(tmp_path)
    command = ("sweep", "sweep.yaml", "--results", "r", "--launcher", "dask", "--jobs", "2")
    code, out, err = shell(*command, cwd=tmp_path)
    assert (code, err) == (0, "")
    first, *table = out.splitlines()
    assert first.startswith("submitted snnrun_sweep-0-")
    assert table[0].startswith("| accuracy")
    logs = sorted((tmp_path / "r" / "sweep" / "jobs").glob("*.log"))
    said = "".join(log.read_text() for log in logs)
    assert len(logs) == 2
    done = [line.partition("  ")[0] for line in said.splitlines() if line[1:8] == " of 4  "]
    assert sorted(done) == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert (tmp_path / "r" / "sweep" / "table.csv").read_text().count("\n") == 5


def test_a_scheduler_that_does_not_answer_is_told(tmp_path):
    small(tmp_path)
    options = ("--launcher-option", "address=tcp://127.0.0.1:9", "--launcher-option", "timeout=1")
    command = ("sweep", "sweep.yaml", "--launcher", "dask", "--jobs", "2")
    code, _, err = shell(*command, *options, cwd=tmp_path)
    assert code == 3
    assert err.startswith("snnrun: --launcher dask: no scheduler answers at tcp://127.0.0.1:9: ")
    assert err.count("\n") == 1


@pytest.fixture
def cluster(tmp_path):
    """The file of a scheduler with one worker, each a process."""
    file, started = tmp_path / "scheduler.json", []

    def start(*words):
        command = [str(Path(sys.executable).with_name("dask")), *words]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=tmp_path, **quiet))

    local = ("--host", "127.0.0.1", "--scheduler-file", str(file))
    start("scheduler", *local, "--port", "0", "--no-dashboard")
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    start("worker", *local, "--nthreads", "1", "--no-dashboard", "--no-nanny")
    yield file
    for process in reversed(started):
        process.kill()  # a worker that is asked to end may wait for its scheduler
        process.wait()


@pytest.mark.slow
def test_tasks_of_a_cluster_go_on_without_the_command_and_it_must_see_the_folder(cluster, tmp_path):
    small(tmp_path)
    command = ("sweep", "sweep.yaml", "--results", "r", "--launcher", "dask", "--jobs", "2")
    option = ("--launcher-option", f"scheduler_file={cluster}")
    code, out, err = shell(*command, *option, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "how it stands: snnrun sweep sweep.yaml --results r --status"
    table, deadline = tmp_path / "r" / "sweep" / "table.csv", time.monotonic() + 120
    while not table.is_file() or table.read_text().count("\n") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.2)
