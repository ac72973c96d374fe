"""Processes of their own that are signalled, killed, run twice, or find the disk full."""

import json
import signal
import subprocess
import sys
import time

import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.stopping import HINT
from tests.tiny import experiment, history, numbers, weights, write_config

LONG = "train.epochs=4000"
PATIENCE = 300  # seconds, where other processes take the machine


def start(folder, *overrides: str) -> tuple[subprocess.Popen, RunDir]:
    """Start a long run in a process of its own and wait until it trains."""
    command = ["train", str(write_config(folder)), LONG, *overrides, "--results", str(folder / "r")]
    process = subprocess.Popen(
        [sys.executable, "-m", "snnrun", *command], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in (folder / "r").glob("*/checkpoints/last"):
            run = RunDir(path.parent.parent)
            if len(run.metric_lines()) > 40:
                return process, run
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the run did not start: {process.communicate()[1]}")


def ends_as_unbroken(run: RunDir, folder) -> bool:
    """Go on to a fixed epoch, and compare with a run to that epoch."""
    end = checkpoint.open_epoch(run.checkpoints).at.epoch + 3
    snnrun.resume(run, epochs=end)
    other = snnrun.train(experiment(folder, f"train.epochs={end}"), results=folder / "other")
    name = Position(end).name
    return (
        weights(run, name) == weights(other, name)
        and numbers(run) == numbers(other)
        and history(run) == history(other)
    )


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGHUP, 75, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 75, marks=pytest.mark.slow),
        pytest.param(signal.SIGUSR1, 75, marks=pytest.mark.slow),
    ],
)
def test_a_signal_saves_and_tells_how_to_go_on(tmp_path, sent, code):
    process, run = start(tmp_path)
    process.send_signal(sent)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert f"snnrun continue {run.path}" in said
    assert (HINT in said) == (sent == signal.SIGINT)
    assert "Traceback" not in said
    assert ends_as_unbroken(run, tmp_path)


def test_killed_it_goes_on_from_its_last_checkpoint(tmp_path):
    process, run = start(tmp_path, "train.checkpoint_minutes=1e-9")
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert run.status()["state"] == "running"
    assert ends_as_unbroken(run, tmp_path)


@pytest.mark.slow
def test_continued_twice_at_once_it_has_one_owner(tmp_path):
    """Both trained, every number stood there twice, and the checkpoints were of either."""
    run = snnrun.train(experiment(tmp_path), results=tmp_path)
    command = [sys.executable, "-m", "snnrun", "continue", str(run.path), "--epochs", "200", "-q"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=PATIENCE)[1] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 3], told
    owner, other = both if codes == [0, 3] else both[::-1]
    assert f"{run.path} is being trained by process {owner.pid} on " in told[both.index(other)]
    rows = [(row["epoch"], row["split"], row["name"]) for row in run.logged()]
    assert len(set(rows)) == len(rows)
    assert run.status()["epoch"] == checkpoint.saved(run.checkpoints)[-1].epoch == 200


@pytest.mark.slow
def test_who_trains_owns_the_run_from_its_beginning_and_a_killed_one_does_not(tmp_path):
    process, run = start(tmp_path)
    with pytest.raises(DataError, match=f"is being trained by process {process.pid} on "):
        snnrun.resume(run)
    assert snnrun.inference(run, 0).epoch == 0
    process.kill()
    process.communicate(timeout=PATIENCE)
    reached = checkpoint.open_epoch(run.checkpoints).at.epoch
    assert snnrun.resume(run, epochs=reached + 1).status()["state"] == "finished"


def test_a_full_disk_ends_with_a_message_and_whole_files(tmp_path):
    """A limit on the size of a file stands in for a disk that is full."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)); "
        "sys.argv = ['snnrun', *sys.argv[1:]]; "
        "from snnrun.__main__ import main; main()"
    )
    command = ["train", str(write_config(tmp_path)), "--results", str(tmp_path / "r")]
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 3, done.stderr
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = (tmp_path / "r").iterdir()
    assert json.loads((folder / "status.json").read_text())["state"] == "failed"
    for at in checkpoint.saved(folder / "checkpoints"):
        assert checkpoint.load(folder / "checkpoints" / at.name).at == at
