"""Several processes at one sweep, some of which are killed."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from snnrun.runs.folder import RunDir
from snnrun.studies.running import sweep
from tests.cli.running import run
from tests.studies.small import BASE
from tests.tiny import numbers

SWEEP = """
config: base.yaml
set: {train.epochs: EPOCHS}
seeds: 3
grid: {model.layers.0.size: [4, 6]}
"""


def written(folder, epochs):
    folder.mkdir(exist_ok=True)
    (folder / "base.yaml").write_text(BASE)
    path = folder / "shared.yaml"
    path.write_text(SWEEP.replace("EPOCHS", str(epochs)))
    return path


def begin(path, *options):
    """Start a worker, in the folder of the sweep file."""
    command = [sys.executable, "-m", "snnrun", "sweep", path.name, "--results", "r", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=path.parent, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(worker):
    out, err = worker.communicate(timeout=120)
    return worker.returncode, out, err


def rows(path):
    text = (path.parent / "r" / "shared" / "table.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def of_all(path):
    """What the runs of a sweep logged, by size and seed."""
    folder = path.parent / "r" / "shared"
    runs = {
        (row["model.layers.0.size"], row["seed"]): RunDir(folder / row["run"]) for row in rows(path)
    }
    return {key: numbers(run) for key, run in runs.items()}


def begun(path):
    """How often each trial of the journal was finished, by its number."""
    lines = (path.parent / "r" / "shared" / "study.journal").read_text().splitlines()
    finished = [json.loads(line) for line in lines if '"state":1' in line.replace(" ", "")]
    return Counter(entry["trial_id"] for entry in finished)


def wait_for(path, pattern, number):
    deadline = time.monotonic() + 60
    while len(list((path.parent / "r" / "shared").glob(pattern))) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_workers_share_the_runs_of_which_one_is_killed(tmp_path):
    """The second one was refused by the lock of the run that the first one was at."""
    path = written(tmp_path / "shared", 60)
    one, two = begin(path), begin(path)
    wait_for(path, "run_*/checkpoints/epoch_*", 2)
    os.killpg(one.pid, signal.SIGKILL)
    code, out, err = ended(two)
    assert (code, err) == (0, "")
    assert "| 4 | " in out
    assert len(rows(path)) == len(list((path.parent / "r" / "shared").glob("run_*"))) == 6
    assert begun(path) == Counter({number: 1 for number in range(6)})
    whole = written(tmp_path / "whole", 60)
    sweep(whole, results=whole.parent / "r")
    assert of_all(path) == of_all(whole)
    assert ended(one)[0] == -signal.SIGKILL


@pytest.mark.slow
def test_a_signal_goes_on_to_all_workers_and_the_same_command_goes_on(tmp_path):
    path = written(tmp_path, 3000)
    both = begin(path, "--jobs", "2")
    wait_for(path, "run_*/status.json", 2)
    both.send_signal(signal.SIGTERM)
    code, _, err = ended(both)
    assert code == 75
    assert err.count("the same command goes on") == 2
    states = [RunDir(run).status()["state"] for run in (tmp_path / "r" / "shared").glob("run_*")]
    assert states == ["interrupted", "interrupted"]
    out = run("sweep", path, "--results", tmp_path / "r", "--status")[1]
    assert "2 left, 4 waiting" in out.splitlines()[0]


@pytest.mark.slow
def test_jobs_are_workers_of_one_command(tmp_path):
    path = written(tmp_path, 60)
    code, out, err = ended(begin(path, "--jobs", "2"))
    assert (code, err) == (0, "")
    assert out.count("| 4 | ") == 1
    assert set(begun(path).values()) == {1}
    said = [line.partition("  ")[0] for line in out.splitlines() if line[1:6] == " of 6"]
    assert sorted(said) == [f"{number} of 6" for number in range(1, 7)]


def storm(path, kills, seed):
    """Kill one of two workers again and again, each at a moment of its own; start another."""
    chance = random.Random(seed)
    workers = [begin(path), begin(path)]
    done = 0
    while done < kills:
        time.sleep(chance.uniform(1.5, 4.0))
        victim = chance.randrange(2)
        if workers[victim].poll() is not None:
            break
        os.killpg(workers[victim].pid, signal.SIGKILL)
        ended(workers[victim])
        workers[victim] = begin(path)
        done += 1
    return done, [ended(worker) for worker in workers]


@pytest.mark.slow
def test_a_storm_of_kills_loses_and_repeats_nothing(tmp_path):
    path = written(tmp_path / "killed", 400)
    done, ends = storm(path, 10, seed=1)
    assert done == 10, "the sweep was over before all were killed"
    for _ in range(2):  # who was killed last left a run to the next worker
        ends.append(ended(begin(path)))
    assert {code for code, *_ in ends} == {0}, ends
    assert len(rows(path)) == len(list((path.parent / "r" / "shared").glob("run_*"))) == 6
    assert begun(path) == Counter({number: 1 for number in range(6)})
    whole = written(tmp_path / "whole", 400)
    sweep(whole, results=whole.parent / "r")
    assert of_all(path) == of_all(whole)
