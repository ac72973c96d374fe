"""Where memory runs out: for real, under a limit; and what is said of every kind of error."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from snnrun.errors import OutOfMemoryError
from snnrun.runs.folder import RunDir
from snnrun.training.memory import memory_told, told
from tests.batches import batch_of

#: Runs a command with so many MiB of address space beyond what the modules take.
LIMITED = """
import resource, sys
from pathlib import Path
import torch, snnrun.api, snnrun.evaluation.evaluate, snnrun.training.loop
from snnrun.__main__ import main
torch.set_num_threads(1)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
limit = used + int(sys.argv.pop(1)) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
main()
"""
CONFIG = """
data: {name: yin_yang, sizes: {train: 1200, validation: 40, test: 1000}}
encoder: {name: rate, steps: 100}
model:
  name: lif
  layers: [{size: 50}, {size: 900}]
  readout: {name: LEAST}
learning: {name: RULE}
train: {epochs: 2, batch_size: 1200, eval_batch_size: 40, threads: 1, live_plot: false,
        tensorboard: false, device: cpu}
"""


def limited(folder, room, *words):
    command = [sys.executable, "-c", LIMITED, str(room), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and limits that hold")
@pytest.mark.parametrize(("rule", "readout"), [("surrogate", "leaky"), ("eprop", "leaky")])
def test_training_under_a_limit(rule, readout, tmp_path):
    text = CONFIG.replace("RULE", rule).replace("LEAST", readout)
    (tmp_path / "big.yaml").write_text(text)
    done = limited(tmp_path, 400, "train", "big.yaml", "--results", "out", "--name", "big")
    assert done.returncode == OutOfMemoryError.exit_code == 5, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("snnrun: memory ran out in training (epoch 0), at layers.1 of the model")
    assert "with batches of 1200 samples: 412 MiB more were wanted" in last
    assert last.endswith("; try train.batch_size=600")
    assert "Traceback" not in done.stderr
    run = RunDir.open(next((tmp_path / "out").iterdir()))
    assert run.status()["state"] == "failed"
    assert run.status()["reason"] in last
    assert (run.checkpoints / "epoch_0000").is_dir()


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))


@pytest.mark.parametrize(
    ("error", "size"),
    [
        (MemoryError("std::bad_alloc"), ""),
        (MemoryError("Unable to allocate 3.50 GiB for an array"), ": 3.5 GiB more were wanted"),
        (MemoryError("Unable to allocate 1.00 GiB for an array"), ": 1.0 GiB more were wanted"),
        (MemoryError("Unable to allocate 1.50 TiB for an array"), ": 1536.0 GiB more were wanted"),
        (MemoryError("Unable to allocate 900. KiB for an array"), ": 1 MiB more were wanted"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), ": 20 MiB"),
        (RuntimeError("not enough memory: you tried to allocate 4194304 bytes."), ": 4 MiB more"),
    ],
)
def test_every_kind_is_told(error, size):
    network = model()

    def forward(whole, layer):
        raise error

    def fail(batch, outer):
        forward(network, network[1][0])

    with (
        pytest.raises(OutOfMemoryError) as caught,
        memory_told(network, lambda: "training", lambda: "train.batch_size"),
    ):
        fail(batch_of(torch.ones(8, 2), torch.zeros(8)), network[1])
    assert caught.value.__cause__ is None
    text = str(caught.value)
    start = "memory ran out in training, at 1.0 of the model, with batches of 8 samples"
    assert text.startswith(start + size)
    assert text.endswith("; try train.batch_size=4")


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="shapes differ"), memory_told(model(), str, str):
        raise RuntimeError("shapes differ")


def test_of_one_sample_nothing_smaller_is_named():
    def fail(batch):
        raise MemoryError

    with pytest.raises(MemoryError) as caught:
        fail(batch_of(torch.ones(1, 2), torch.zeros(1)))
    assert told(caught.value, model(), "training", "train.batch_size").endswith(
        "one sample at a time is the least: expected more memory"
    )


def test_what_is_not_known_is_left_out():
    assert told(MemoryError(), model(), "training", "train.batch_size") == (
        "memory ran out in training; try a smaller train.batch_size, or train.in_memory=false"
    )
