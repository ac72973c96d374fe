"""Workers of a sweep on a Dask cluster: one of our own, and one that is there."""

import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from snnrun.errors import DataError
from snnrun.studies.launchers.dask import Dask
from snnrun.studies.launchers.settings import DaskSettings
from snnrun.studies.launchers.task import Task
from tests.cli.running import shell
from tests.studies.small import write_sweep

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install distributed")


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


class Machines:
    """Stands for the connection to two Dask workers, of which one sees no folder at all."""

    def __init__(self):
        self.tasks = []

    def run(self, function, *arguments):
        return {"tcp://one": function(*arguments), "tcp://two": False}

    def submit(self, task, **options):
        self.tasks.append(task)


def test_a_worker_that_does_not_see_the_folder_is_named_before_anything_is_submitted(
    tmp_path, monkeypatch
):
    machines = Machines()
    monkeypatch.setattr(distributed, "Client", lambda *arguments, **options: machines)
    launcher = Dask(DaskSettings(address="tcp://there:1"))
    for folder, worker in ((tmp_path, "two"), (tmp_path / "absent", "one")):
        said = f"the worker tcp://{worker} sees no folder {folder}; the command is run there, so"
        with pytest.raises(DataError, match=said):
            launcher.submit(Task(["sweep"], str(folder)), 2, tmp_path / "jobs", "sweep")
    assert machines.tasks == []


@pytest.fixture
def cluster(tmp_path):
    """Starts a scheduler with one worker, each a process; returns the file of the scheduler.

    The worker sees nothing of the folder that is hidden from it.
    """
    file, started = tmp_path / "scheduler.json", []

    def start(*words, hidden=None):
        command = [sys.executable, "-m", "dask", *words]
        if hidden:
            covered = (
                f"mount -t tmpfs none {shlex.quote(str(hidden))} && exec {shlex.join(command)}"
            )
            command = ["unshare", "--map-root-user", "--mount", "sh", "-c", covered]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, cwd=tmp_path, **quiet))

    def begin(hidden=None):
        local = ("--host", "127.0.0.1", "--scheduler-file", str(file))
        start("scheduler", *local, "--port", "0", "--no-dashboard")
        deadline = time.monotonic() + 60
        while not file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        start("worker", *local, "--nthreads", "1", "--no-dashboard", "--no-nanny", hidden=hidden)
        with distributed.Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(1, timeout=60)
        return file

    yield begin
    for process in reversed(started):
        process.kill()  # a worker that is asked to end may wait for its scheduler
        process.wait()


@pytest.mark.slow
def test_tasks_of_a_cluster_go_on_without_the_command(cluster, tmp_path):
    small(tmp_path)
    command = ("sweep", "sweep.yaml", "--results", "r", "--launcher", "dask", "--jobs", "2")
    option = ("--launcher-option", f"scheduler_file={cluster()}")
    code, out, err = shell(*command, *option, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert out.splitlines()[1] == "how it stands: snnrun sweep sweep.yaml --results r --status"
    table, deadline = tmp_path / "r" / "sweep" / "table.csv", time.monotonic() + 120
    while not table.is_file() or table.read_text().count("\n") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def hides():
    """Whether a process can be given a file system of its own here."""
    try:
        command = ["unshare", "--map-root-user", "--mount", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not hides(), reason="processes have no file systems of their own here")
def test_a_cluster_whose_worker_has_another_file_system_is_refused(cluster, tmp_path):
    folder = tmp_path / "here" / "study"
    folder.mkdir(parents=True)
    small(folder)
    command = ("sweep", "sweep.yaml", "--results", "r", "--launcher", "dask", "--jobs", "2")
    option = ("--launcher-option", f"scheduler_file={cluster(hidden=folder.parent)}")
    code, out, err = shell(*command, *option, cwd=folder)
    assert (code, out) == (3, "")
    assert err.startswith("snnrun: --launcher dask: the worker tcp://127.0.0.1:")
    assert err.endswith(f" sees no folder {folder}; the command is run there, so it must be one "
                        "that all machines share\n")  # fmt: skip
    assert err.count("\n") == 1
