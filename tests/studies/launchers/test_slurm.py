"""What Slurm is asked for; jobs of submitit's own executor, which puts them back as Slurm does."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from snnrun.errors import ConfigError
from snnrun.runs.folder import RunDir
from snnrun.studies.launchers import launcher_of
from snnrun.studies.launchers.settings import SlurmSettings
from snnrun.studies.launchers.task import Task, Unfinished
from tests.studies.small import BASE

pytest.importorskip("submitit", reason="needs submitit: pip install submitit")


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A sbatch that keeps what it is handed, and says what it is told to say."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, body in (
        ("sbatch", f"cat $1 > {tmp_path}/script; cat {tmp_path}/says; exit $(cat {tmp_path}/code)"),
        ("srun", "exit 1"),
        ("squeue", "exit 0"),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (tmp_path / "says").write_text("Submitted batch job 12\n")
    (tmp_path / "code").write_text("0")
    return tmp_path


def submitted(slurm, number, *options):
    launcher = launcher_of("slurm", None, options)
    return launcher.submit(Task(["sweep", "s.yaml"], str(slurm)), number, slurm / "jobs", "mine")


def test_an_array_is_asked_for_with_all_options(slurm):
    options = ("partition=gpu", "minutes=30", "cpus=4", "gpus=1", "memory=1.5", "at_once=2")
    jobs = submitted(slurm, 3, *options, "extra={qos: long, exclusive: true}", "setup=[module x]")
    assert jobs.ids == ["12_0", "12_1", "12_2"]
    script = (slurm / "script").read_text()
    flags = {line.partition("--")[2] for line in script.splitlines() if "SBATCH" in line}
    assert {
        "job-name=mine", "partition=gpu", "time=30", "cpus-per-task=4", "gpus-per-node=1",
        "mem=1536M", "array=0-2%2", "signal=USR2@120", "requeue", "qos=long", "exclusive",
        "open-mode=append",
    } <= flags  # fmt: skip
    assert "\nmodule x\n" in script


def test_what_sbatch_refuses_is_told_in_a_line(slurm):
    (slurm / "says").unlink()
    (slurm / "bin" / "sbatch").write_text(
        "#!/bin/sh\necho 'sbatch: error: invalid partition specified: fast' >&2\nexit 1\n"
    )
    with pytest.raises(ConfigError) as error:
        submitted(slurm, 2, "partition=fast")
    assert str(error.value) == "--launcher slurm: invalid partition specified: fast"


def test_a_job_that_left_the_queue_without_a_word_is_told(slurm):
    (end,) = submitted(slurm, 1).wait()
    assert end.code is None
    assert str(end) == f"job 12 was gone before it was done: see {end.log}"
    end.log.write_text("some\nsnnrun: the disk is full\nsrun: error\n")
    assert str(end) == "job 12 was gone before it was done: the disk is full"


PROGRAM = """
import pathlib, signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: (pathlib.Path("saved").touch(), sys.exit(75)))
if pathlib.Path("saved").exists():
    pathlib.Path("done").touch()
else:
    pathlib.Path("begun").touch()
    time.sleep(60)
"""


@pytest.fixture
def program(monkeypatch):
    """Let tasks run a program that saves when it is told to, and is done the second time."""
    monkeypatch.setattr(Task, "command", lambda self: [sys.executable, *self.arguments])


def wait_for(path):
    deadline = time.monotonic() + 180
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_checkpoint_lets_the_command_save_and_is_the_same_command(tmp_path, program):
    """Slurm signals all processes of a job: the command itself is deaf to what is meant for it."""
    from snnrun.studies.launchers.slurm import Requeued

    task = Requeued(["-c", PROGRAM], str(tmp_path))
    process = task.begin()
    task._running.append(process)
    wait_for(tmp_path / "begun")
    process.send_signal(signal.SIGUSR2)
    time.sleep(0.2)
    assert process.poll() is None
    again = task.checkpoint().function
    assert process.wait() == 75
    assert (tmp_path / "saved").exists()
    again()
    assert (tmp_path / "done").exists()


def test_a_command_that_fails_ends_its_job_with_its_code(tmp_path, program):
    from snnrun.studies.launchers.slurm import Requeued

    with pytest.raises(Unfinished, match="the command ended with code 4"):
        Requeued(["-c", "raise SystemExit(4)"], str(tmp_path))()
    with pytest.raises(SystemExit) as stopped:  # it was stopped by someone: not done, nor failed
        Requeued(["-c", "raise SystemExit(75)"], str(tmp_path))()
    assert stopped.value.code == 75


def children(process):
    return map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_training_whose_job_comes_to_its_limit_goes_on_in_the_next(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    run = RunDir(tmp_path / "run")
    words = ["train", "base.yaml", "train.epochs=150", "--folder", "run", "-q"]
    launcher = launcher_of("slurm", SlurmSettings(executor="local"))
    jobs = launcher.submit(Task(words, str(tmp_path)), 1, tmp_path / "jobs", "mine")
    wait_for(run.path / "metrics.jsonl")
    (job,) = children(int(jobs.ids[0]))
    os.kill(job, signal.SIGUSR2)
    (end,) = jobs.wait()
    assert end.code == 0, (end, end.log.read_text())
    assert run.status()["state"] == "finished"
    assert len(run.read_json("environment.json")["continued"]) == 1
    assert "stopped by SIGUSR1; saved epoch" in end.log.read_text()
