"""Several processes train as one does; whichever of them dies, what is left goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file

from snnrun.cli.launch import free_port
from snnrun.core.world import World
from snnrun.learning import RULES
from snnrun.runs.folder import RunDir
from tests import tiny
from tests.training.in_processes import trained

ROOT = Path(__file__).parent.parent.parent
#: Small runs of every rule, with bumping, noise, Poisson input, augmentation and schedules.
CONFIGS = [
    *sorted(ROOT.glob("tests/golden/format1/*/config.yaml")),
    *sorted(ROOT.glob("tests/training/split/*/config.yaml")),
]
ALWAYS = ("train.precision=float64", "train.epochs=2", "train.savepoints=[]", "train.workers=0")
#: What is measured of the share of a process, and decides nothing.
OF_A_SHARE = "alignment/"


def environment(rank, port):
    return {
        **os.environ,
        "RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip


#: Batches that leave an uneven last one, and an empty share of it; with gradients gathered too.
SPLITS = {
    "uneven": (*ALWAYS, "train.batch_size=7"),
    "gathered": (*ALWAYS, "train.batch_size=7", "train.accumulate=3"),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Where two processes ended, with each split of the batches and each config."""
    out = tmp_path_factory.mktemp("both")
    arguments = [out, json.dumps(SPLITS), tiny.write_config(out), *CONFIGS]
    command = [sys.executable, "-m", "tests.training.in_processes", *map(str, arguments)]
    port = free_port()
    ranks = [
        subprocess.Popen(
            command, env=environment(rank, port), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for rank in range(2)
    ]
    (out / "said").write_text("".join(each.communicate(timeout=300)[0] for each in ranks))
    assert [each.returncode for each in ranks] == [0, 0]
    return out


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.parent.name)
def test_two_processes_train_as_one(both, path, split):
    ours, logged = trained(path, SPLITS[split], World())
    place = both / split / path.parent.name
    theirs = load_file(place.with_suffix(".safetensors"))
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        largest = float(tensor.double().abs().max()) if tensor.numel() else 0.0
        difference = float((tensor.double() - theirs[name].double()).abs().max())
        assert difference <= 1e-9 * largest, name
    found = json.loads(place.with_suffix(".json").read_text())
    assert found.keys() == logged.keys()
    for name, value in logged.items():
        if OF_A_SHARE not in name:
            assert found[name] == pytest.approx(value, rel=1e-9), name


def test_a_stop_in_one_of_them_stops_both_and_they_go_on_bit_for_bit(both):
    whole, part = RunDir(both / "whole"), RunDir(both / "part")
    first, second = (both / "said").read_text().splitlines()
    assert first.startswith("0 stopped by a signal to another process; saved epoch 1, batch 3")
    assert second == "1 stopped by the test"
    assert tiny.same_result(whole, part)


def test_a_loss_that_is_no_number_in_one_of_them_ends_both(both):
    said = [(both / f"diverged_{rank}").read_text() for rank in range(2)]
    place = "the loss is no longer finite in epoch 1, batch 2; try a smaller learning rate"
    assert all(text.startswith(place) for text in said)
    assert said[0].endswith("Saved: epoch 0, epoch 1")
    run = RunDir(both / "spoiled")
    assert run.status()["state"] == "failed"
    for tensor in load_file(run.checkpoints / "epoch_0001" / "weights.safetensors").values():
        assert tensor.isfinite().all()


@pytest.mark.parametrize(("kind", "other"), [("skip", "left"), ("rewind", "left more")])
def test_updates_that_go_wrong_in_one_of_them_are_left_out_in_both(both, kind, other):
    """A rewind for update 7, and one for 8, which leaves 6 out too."""
    one, two = RunDir(both / kind), RunDir(both / other)
    assert tiny.same_result(one, two)
    assert one.curve("train", "skipped")[1] == [0, 0.4 if kind == "skip" else 0.6, 0, 0]
    assert one.read_json("diverged.json")["processes"] == 2


def test_every_rule_that_may_be_split_is_tried():
    tried = {yaml.safe_load(path.read_text())["learning"]["name"] for path in CONFIGS}
    assert tried == {name for name, entry in RULES.items() if entry.settings.parallel}


# ---- processes that die ----


@pytest.fixture
def two(tmp_path):
    """A function that starts a long training in two processes and returns launcher and ranks."""

    def start(*overrides):
        config = tiny.write_config(tmp_path)
        words = ["train", str(config), "train.epochs=100000", "train.batch_size=10", *overrides]
        command = [sys.executable, "-m", "snnrun", *words, "--nproc", "2", "--rank-timeout", "5"]
        launcher = subprocess.Popen(
            [*command, "--results", str(tmp_path / "r")], stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("r/*/checkpoints/epoch_*[1-9]*")):
            assert time.monotonic() < deadline
            assert launcher.poll() is None, launcher.stderr.read()
            time.sleep(0.05)
        return launcher, ranks_of(launcher.pid)

    start.run = lambda: RunDir(next(tmp_path.glob("r/*")))
    return start


def ranks_of(parent):
    """Return the numbers of the processes that a launcher started, by rank."""
    found = {}
    for child in children_of(parent):
        variables = Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
        rank = next(each for each in variables if each.startswith(b"RANK="))
        found[int(rank[5:])] = child
    return [found[rank] for rank in sorted(found)]


def children_of(parent):
    return [
        int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    ]


def ended(launcher, ranks):
    """Wait for the end; return exit code and what was said. No process may be left."""
    said = launcher.communicate(timeout=60)[1]
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{rank}").exists() for rank in ranks):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return launcher.returncode, said


SLOW = pytest.mark.slow


@SLOW
def test_torchrun_starts_the_same_training(tmp_path):
    config, ends = str(tiny.write_config(tmp_path)), []
    torchrun = ["torch.distributed.run", "--nproc-per-node", "2", "-m", "snnrun", "train", config]
    for name, words in (
        ("theirs", torchrun),
        ("ours", ["snnrun", "train", config, "--nproc", "2"]),
    ):
        command = [sys.executable, "-m", *words, "--results", str(tmp_path / name)]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        ends.append(RunDir(next((tmp_path / name).iterdir())))
    assert tiny.same_result(*ends)


@SLOW
def test_two_machines_train_as_one_and_the_same_command_goes_on(tmp_path):
    """Each has a torchrun of its own; one is lost, the first process saves, both begin again."""
    config = str(tiny.write_config(tmp_path))
    words = ["-m", "snnrun", "train", config, "train.epochs=60", "--rank-timeout", "10"]
    rendezvous = ["--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{free_port()}"]
    several = ["torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1", *rendezvous]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    named = tmp_path / "named"

    def both(identity):
        command = [sys.executable, "-m", *several, "--rdzv-id", identity, *words]
        given = {"env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return [
            subprocess.Popen([*command, "--folder", str(named)], text=True, **given)
            for _ in range(2)
        ]

    machines = both("before")
    deadline = time.monotonic() + 120
    while not list(named.glob("checkpoints/epoch_*[1-9]*")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    first = RunDir(named).status()["process"]
    (other,) = (child for each in machines for child in children_of(each.pid) if child != first)
    os.kill(other, signal.SIGKILL)
    said = [machine.communicate(timeout=120)[0] for machine in machines]
    assert any("is gone; saved epoch" in text for text in said), said
    ended = both("after")
    assert [(each.communicate(timeout=120)[0], each.returncode)[1] for each in ended] == [0, 0]
    subprocess.run(
        [sys.executable, *words, "--nproc", "2", "--folder", str(tmp_path / "whole")],
        check=True, env=environment,
    )  # fmt: skip
    assert tiny.same_result(RunDir(named), RunDir(tmp_path / "whole"), "epoch_0060")


needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")


@needs_proc
@pytest.mark.parametrize(
    ("which", "how", "code", "said"),
    [
        ("second", signal.SIGTERM, 75, "stopped by a signal to another process; saved epoch"),
        pytest.param("launcher", signal.SIGINT, 130, "stopped by Ctrl-C; saved epoch", marks=SLOW),
        pytest.param("launcher", signal.SIGTERM, 75, "stopped by SIGTERM; saved epoch", marks=SLOW),
    ],
)
def test_one_signal_stops_all_at_the_same_update(two, which, how, code, said):
    launcher, ranks = two()
    os.kill(launcher.pid if which == "launcher" else ranks[1], how)
    found, text = ended(launcher, ranks)
    assert found == code
    assert said in text
    assert "--nproc 2" in text
    assert two.run().status()["state"] == "interrupted"


@needs_proc
def test_the_first_process_saves_when_the_second_is_gone(two):
    launcher, ranks = two()
    os.kill(ranks[1], signal.SIGKILL)
    code, text = ended(launcher, ranks)
    assert code == 75
    assert f"process 1 (number {ranks[1]}) is gone; saved epoch" in text
    run = two.run()
    at = run.status()
    assert (run.checkpoints / (run.checkpoints / "last").read_text().strip()).is_dir()
    assert at["reason"].endswith("is gone")


NORMED = [
    "encoder={name: rate, steps: 3}",
    "model={name: feedforward, layers: [{name: linear, size: 9}, {name: batch_norm}, {name: lif}]}",
    "learning={name: surrogate}",
]


@SLOW
@needs_proc
def test_a_process_that_is_gone_while_norms_exchange_is_named(two):
    launcher, ranks = two(*NORMED)
    os.kill(ranks[1], signal.SIGKILL)
    code, text = ended(launcher, ranks)
    assert code == 75
    assert f"process 1 (number {ranks[1]}) is gone; saved epoch" in text
    assert two.run().status()["reason"].endswith("is gone")


@SLOW
@needs_proc
def test_a_second_process_that_does_not_answer_counts_as_gone(two):
    launcher, ranks = two()
    os.kill(ranks[1], signal.SIGSTOP)
    code, text = ended(launcher, ranks)
    assert code == 75
    assert f"process 1 (number {ranks[1]}) is stopped; saved epoch" in text


@SLOW
@needs_proc
def test_the_newest_checkpoint_counts_when_the_first_process_is_gone(two):
    launcher, ranks = two()
    os.kill(ranks[0], signal.SIGKILL)
    code, text = ended(launcher, ranks)
    assert code == 128 + signal.SIGKILL
    assert "the newest checkpoint counts" in text
    run = two.run()
    more = run.status()["epoch"] + 3
    command = [sys.executable, "-m", "snnrun", "continue", str(run.path), "--epochs", str(more)]
    done = subprocess.run([*command, "--nproc", "2", "-q"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert run.status()["state"] == "finished"


@SLOW
@needs_proc
def test_processes_end_with_the_one_that_started_them(two):
    launcher, ranks = two()
    launcher.kill()
    launcher.communicate()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{rank}").exists() for rank in ranks):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert two.run().status()["reason"] == "the end of the process that started it"


@SLOW
def test_a_run_in_two_processes_goes_on_bit_for_bit(tmp_path):
    config = tiny.write_config(tmp_path)

    def snnrun(*words):
        done = subprocess.run(
            [sys.executable, "-m", "snnrun", *map(str, words), "-q", "--nproc", "2"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return RunDir(tmp_path / done.stdout.strip())

    whole = snnrun("train", config)
    part = snnrun("train", config, "train.epochs=2", "--name", "part")
    snnrun("continue", part.path, "--epochs", 4)
    assert tiny.weights(part) == tiny.weights(whole)
    assert tiny.numbers(part)[:-1] != []
    assert part.read_json("environment.json")["processes"] == 2
