"""Checkpoints come back as they were; what is damaged, foreign or dangerous is refused."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from torch import nn

from snnrun.errors import DataError
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Position


def network(width: int = 3) -> nn.Module:
    torch.manual_seed(width)
    return nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    return tmp_path / "run" / "checkpoints"


def test_it_comes_back_as_it_was(folder):
    model, state = network(), {"optimizer": {"step": 3, "m": torch.rand(2)}, "best": [1.5, None]}
    path = checkpoint.save(folder, Position(41, 12), model, state)
    saved = checkpoint.load(path)
    other = network()
    nn.init.zeros_(other[0].weight)
    saved.load_into(other)
    assert path.name == "epoch_0041_batch_0012"
    assert saved.at == Position(41, 12)
    for name, tensor in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)
    assert torch.equal(saved.state()["optimizer"]["m"], state["optimizer"]["m"])
    assert saved.state()["best"] == [1.5, None]


def test_saving_again_replaces(folder):
    checkpoint.save(folder, Position(2), network(), {"a": 1})
    checkpoint.save(folder, Position(2), network(), {"a": 2})
    assert checkpoint.load(folder / "epoch_0002").state() == {"a": 2}
    assert os.listdir(folder) == ["epoch_0002"]


def test_positions_are_in_the_order_of_training(folder):
    for at in (Position(10), Position(9, 3), Position(9)):
        checkpoint.save(folder, at, network(), {})
    (folder / "notes").mkdir()
    assert checkpoint.saved(folder) == [Position(9), Position(9, 3), Position(10)]


@pytest.mark.parametrize("name", ["weights.safetensors", "state.pt"])
def test_a_flipped_bit_is_found_and_the_others_are_named(folder, name):
    for epoch in (1, 2):
        checkpoint.save(folder, Position(epoch), network(), {"a": torch.rand(5)})
    path = folder / "epoch_0002" / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"damaged: .*{name} differs. Others here: epoch 1"):
        checkpoint.load(folder / "epoch_0002")


@pytest.mark.parametrize("name", ["weights.safetensors", "state.pt", "meta.json"])
def test_a_missing_file_is_found(folder, name):
    checkpoint.save(folder, Position(1), network(), {})
    (folder / "epoch_0001" / name).unlink()
    with pytest.raises(DataError, match=f"epoch_0001 is damaged: .*{name}"):
        checkpoint.load(folder / "epoch_0001")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"format": 1, "epoch": "x", "batch": 0, "sha256": {}}', "no position"),
        ('{"format": 1, "epoch": 3, "batch": 0, "sha256": {}}', "says epoch 3"),
        ('{"format": 1, "epoch": 1, "batch": 0, "sha256": {}}', "sha256 of weights.safetensors"),
        ('{"format": "x", "epoch": 1, "batch": 0, "sha256": {}}', "format"),
        ("[]", "no map"),
    ],
)
def test_a_description_that_does_not_fit_is_found(folder, content, why):
    """A wrong epoch moved the checkpoint away; a text for one was an unexpected error."""
    checkpoint.save(folder, Position(1), network(), {})
    (folder / "epoch_0001" / "meta.json").write_text(content)
    with pytest.raises(DataError, match=f"epoch_0001 is damaged: .*{why}"):
        checkpoint.load(folder / "epoch_0001")


@pytest.mark.parametrize("state", [[1, 2], {"optimizer": {}}])
def test_a_state_that_lacks_something_is_found(folder, state):
    path = checkpoint.save(folder, Position(1), network(), state)
    with pytest.raises(DataError, match=r"state\.pt lacks best, kept, .*"):
        checkpoint.load(path).state(["best", "kept", "rule"])


def test_a_pointer_that_is_no_text_names_nothing(folder):
    checkpoint.save(folder, Position(1), network(), {})
    (folder / "last").write_bytes(b"\xff\xfe")
    assert checkpoint.pointed(folder, "last") is None


def test_the_first_tensor_that_does_not_fit_is_named(folder):
    saved = checkpoint.load(checkpoint.save(folder, Position(1), network(3), {}))
    message = r"0.bias is \[3\] in the checkpoint and \[5\] in the network"
    with pytest.raises(DataError, match=message):
        saved.load_into(network(5))


class Bomb:
    """A pickle that would run a command when it is read."""

    def __reduce__(self):
        return os.system, ("touch exploded",)


def test_a_checkpoint_that_would_run_code_is_refused(folder, monkeypatch):
    path = checkpoint.save(folder, Position(1), network(), {"rule": Bomb()})
    monkeypatch.chdir(folder)
    with pytest.raises(DataError, match="cannot be read safely"):
        checkpoint.load(path).state()
    assert not (folder / "exploded").exists()


def test_an_epoch_that_was_not_saved(folder):
    for at in (Position(100), Position(200), Position(230, 4)):
        checkpoint.save(folder, at, network(), {})
    with pytest.raises(DataError, match=r"run has no epoch 250\. Saved epochs: 100, 200"):
        checkpoint.open_epoch(folder, 250)
    assert checkpoint.open_epoch(folder).at == Position(230, 4)


def test_last_is_what_its_pointer_names(folder):
    for epoch in (1, 2, 3):
        checkpoint.save(folder, Position(epoch), network(), {})
    checkpoint.point(folder, "last", Position(2))
    assert checkpoint.open_epoch(folder).at == Position(2)
    checkpoint.prune(folder, {Position(3)})
    assert checkpoint.pointed(folder, "last") is None
    assert checkpoint.open_epoch(folder).at == Position(3)


def test_no_checkpoint_yet(folder):
    with pytest.raises(DataError, match="run holds no checkpoint yet"):
        checkpoint.open_epoch(folder)


def test_what_a_killed_process_left_half_done_is_mended(folder):
    """A hidden folder stayed for ever; one that had just made room was lost, though whole."""
    checkpoint.save(folder, Position(1), network(), {"epoch": 1})
    (folder / ".77.epoch_0002").mkdir()
    (folder / ".77.epoch_0002" / "weights.safetensors").write_bytes(b"half")
    checkpoint.save(folder, Position(3), network(), {"epoch": 3})
    (folder / "epoch_0003").rename(folder / ".77.old.epoch_0003")
    (folder / ".77.last").write_text("epo")
    (folder / ".mine").mkdir()
    checkpoint.repair(folder)
    assert sorted(os.listdir(folder)) == [".mine", "epoch_0001", "epoch_0003"]
    assert checkpoint.open_epoch(folder).state() == {"epoch": 3}


def test_a_run_that_died_before_its_first_checkpoint_can_be_started_anew(folder):
    (folder.parent / "config.yaml").write_text("seed: 1\n")
    with pytest.raises(DataError, match=r"yet; start anew with: snnrun train .*/run/config\.yaml$"):
        checkpoint.open_epoch(folder)


SAVER = """
import itertools, sys, torch
from pathlib import Path
from snnrun.runs import checkpoint
model = torch.nn.Linear(400, 500)
for epoch in itertools.count(1):
    checkpoint.save(Path(sys.argv[1]), checkpoint.Position(epoch), model, {"epoch": epoch})
    print(epoch, flush=True)
"""


def test_killed_while_saving_every_checkpoint_is_whole(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "1\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    done = process.communicate()[0].split()
    found = checkpoint.saved(folder)
    assert len(found) >= len(done)
    for at in found:
        assert checkpoint.load(folder / at.name).state()["epoch"] == at.epoch
