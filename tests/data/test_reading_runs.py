"""Runs whose samples are read by workers: the same bits, and ends without leftovers."""

import os
import signal
import subprocess
import sys
import time

import pytest

import snnrun
from snnrun.errors import Interrupted
from snnrun.experiment import load_config
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests.data.running import children, group
from tests.training.stopped import StopAfter

# ---- from end to end ----

CONFIG = """
seed: 5
data: {name: image_folder, folder: pets, size: 8, validation: 0.2, test: 0.2}
encoder: {name: poisson, steps: 6}
model: {name: lif, layers: [{size: 7}]}
learning: {name: random_feedback}
train:
  epochs: 3
  batch_size: 5
  augment: [{name: shift}, {name: RandomRotation, degrees: 20}, {name: jitter}]
  live_plot: false
  tensorboard: false
"""


def config(folder, workers):
    path = folder / "pets.yaml"
    path.write_text(CONFIG)
    return load_config(path, [f"train.workers={workers}"])


def outcome(run: RunDir) -> tuple[bytes, list]:
    path = run.checkpoints / "epoch_0003" / "weights.safetensors"
    numbers = [{k: v for k, v in row.items() if k != "time"} for row in run.logged()]
    return path.read_bytes(), numbers


def test_training_is_the_same_with_any_number_of_workers_wherever_it_stops(pictures, tmp_path):
    unbroken = outcome(snnrun.train(config(tmp_path, 0), results=tmp_path / "unbroken"))
    before = set(children())
    for workers, batches in ((0, 2), (1, 7), (2, 6)):
        training = Training(config(tmp_path, workers), [StopAfter(batches)])
        run = RunDir.create(tmp_path / "stopped", f"workers_{workers}")
        run.write_experiment(training.experiment)
        with pytest.raises(Interrupted):
            training.start(run)
        assert training.at.batch
        assert outcome(snnrun.resume(run)) == unbroken
        assert set(children()) == before


# ---- as a program ----


def start(folder, *overrides) -> subprocess.Popen:
    path = folder / "pets.yaml"
    path.write_text(CONFIG)
    said = ["train.workers=2", "train.augment=[{name: shift}]", *overrides]  # no torchvision: fast
    command = ["train", str(path), *said, "--results", str(folder / "r")]
    return subprocess.Popen(
        [sys.executable, "-m", "snnrun", *command], stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def started(folder) -> subprocess.Popen:
    """Start a long run, and wait until it has two workers."""
    process = start(folder, "train.epochs=4000")
    deadline = time.monotonic() + 300
    while len(group(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def test_a_damaged_picture_ends_a_run_with_one_line(pictures, tmp_path):
    (pictures / "cat" / "01.png").write_bytes((pictures / "cat" / "02.png").read_bytes()[:50])
    process = start(tmp_path)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 3
    (line,) = [each for each in said.splitlines() if "snnrun:" in each]
    assert "cat/01.png: cannot be read as a picture" in line
    assert "Traceback" not in said
    assert group(process.pid) == []


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 75)])
def test_a_signal_to_all_processes_saves_and_leaves_none(pictures, tmp_path, sent, code):
    """A terminal sends Ctrl-C, and a scheduler SIGTERM, to the workers as well."""
    process = started(tmp_path)
    os.killpg(process.pid, sent)
    _, said = process.communicate(timeout=300)
    assert process.returncode == code, said
    assert said.count("Go on with: snnrun continue") == 1
    assert said.count("stopping after this batch") == (sent == signal.SIGINT)
    assert "Traceback" not in said
    assert group(process.pid) == []
    (run,) = (tmp_path / "r").iterdir()
    assert RunDir(run).status()["state"] == "interrupted"


def test_workers_do_not_outlive_a_program_that_was_killed(pictures, tmp_path):
    process = started(tmp_path)
    process.kill()
    process.communicate(timeout=300)
    deadline = time.monotonic() + 60
    while group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert group(process.pid) == []
