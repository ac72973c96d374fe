"""Checkpoints come back as they were; what is damaged, foreign or dangerous is refused."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import META, OPTIMIZER, STATE, WEIGHTS
from snnrun.runs.progress import Best
from snnrun.runs.tensors import check_fit
from tests.runs.checkpoints import change_tensors, progress_of, save, sign, tensors

FILES = [WEIGHTS, OPTIMIZER, STATE]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    return tmp_path / "run" / "checkpoints"


def equal(one, other):
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and torch.equal(one[name], other[name]) for name in one
    )


def test_it_comes_back_as_it_was(folder):
    best = Best(epoch=3, values={"accuracy": 0.1 + 0.2, "loss": math.inf})
    progress = progress_of(
        best=best,
        means={"loss": (math.nan, 1), "accuracy": (1 / 3, 70)},
        schedules={"lr": {"best": math.inf, "num_bad_epochs": 2, "lowest": None}},
    )
    kept = {"model.weights/exp_avg": torch.rand(4, 3), "model.weights/step": torch.tensor(9.0)}
    save(folder, 3)
    path = checkpoint.save(folder, Position(41, 12), tensors(), kept, progress)
    saved = checkpoint.load(path)
    assert path.name == "epoch_0041_batch_0012"
    assert sorted(os.listdir(path)) == sorted([*FILES, META])
    assert (saved.path, saved.at, saved.format) == (path, Position(41, 12), 2)
    assert equal(saved.tensors, tensors())
    assert equal(saved.optimizer, kept)
    assert repr(saved.to_continue()) == repr(progress)  # in which nan is as good as itself


def test_weights_alone_cannot_be_continued(folder):
    saved = checkpoint.load(checkpoint.save(folder, Position(2), tensors()))
    assert sorted(os.listdir(saved.path)) == [META, WEIGHTS]
    assert equal(saved.tensors, tensors())
    with pytest.raises(DataError, match="epoch_0002 holds weights only; it can be run, but not"):
        saved.to_continue()


def test_the_best_epoch_must_be_there_to_go_on(folder):
    """At the end of its training it is taken back, and was found to be missing only then."""
    for epoch in (0, 2):
        save(folder, epoch, best=Best(epoch=0, values={"accuracy": 0.5}))
    assert checkpoint.open_epoch(folder).to_continue()
    shutil.rmtree(folder / "epoch_0000")
    with pytest.raises(DataError, match="tells that epoch 0 was the best, which is not saved"):
        checkpoint.open_epoch(folder).to_continue()


def test_tensors_that_share_memory_are_each_written(folder):
    """The file format refuses them; tied weights could not be saved."""
    whole = torch.arange(6.0)
    both = {"model.one": whole.view(2, 3), "model.other": whole.view(2, 3), "rule.part": whole[2:]}
    saved = checkpoint.load(checkpoint.save(folder, Position(1), both))
    assert equal(saved.tensors, both)


def test_saving_again_replaces(folder):
    save(folder, 2, metric_lines=1)
    save(folder, 2, metric_lines=2)
    assert checkpoint.load(folder / "epoch_0002").progress.metric_lines == 2
    assert os.listdir(folder) == ["epoch_0002"]


def test_positions_are_in_the_order_of_training(folder):
    for at in ((10,), (9, 3), (9,)):
        save(folder, *at)
    (folder / "notes").mkdir()
    assert checkpoint.saved(folder) == [Position(9), Position(9, 3), Position(10)]


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_and_the_others_are_named(folder, name):
    for epoch in (1, 2):
        save(folder, epoch)
    path = folder / "epoch_0002" / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"damaged: .*{name} differs. Others here: epoch 1"):
        checkpoint.load(folder / "epoch_0002")


@pytest.mark.parametrize("name", [*FILES, META])
def test_a_missing_file_is_found(folder, name):
    save(folder, 1)
    (folder / "epoch_0001" / name).unlink()
    with pytest.raises(DataError, match=f"epoch_0001 is damaged: .*{name}"):
        checkpoint.load(folder / "epoch_0001")


@pytest.mark.parametrize("format", [1, 2])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('"epoch": "x", "batch": 0, "sha256": {}', "no position"),
        ('"epoch": true, "batch": 0, "sha256": {}', "no position"),
        ('"epoch": -1, "batch": 0, "sha256": {}', "no position"),
        ('"epoch": 3, "batch": 0, "sha256": {}', "says epoch 3"),
        ('"epoch": 1, "batch": 0, "sha256": {}', "sha256 of weights.safetensors"),
        ('"epoch": 1, "batch": 0, "sha256": 3', "sha256 of weights.safetensors"),
        ('"epoch": 1, "batch": 0', "sha256 of weights.safetensors"),
    ],
)
def test_a_description_that_does_not_fit_is_found(folder, format, content, why):
    """A wrong epoch moved the checkpoint away; a text for one was an unexpected error."""
    path = save(folder, 1)
    (path / META).write_text(f'{{"format": {format}, {content}}}')
    with pytest.raises(DataError, match=f"epoch_0001 is damaged: .*{why}"):
        checkpoint.load(path)


@pytest.mark.parametrize("content", ["[]", "3", "no", "[" * 100_000, '{"format": "x"}', "{}",
                                     '{"format": true}', "\udcff"])  # fmt: skip
def test_a_description_that_describes_nothing_is_found(folder, content):
    path = save(folder, 1)
    (path / META).write_text(content, errors="surrogateescape")
    with pytest.raises(DataError, match="epoch_0001 is damaged: "):
        checkpoint.load(path)


def test_one_of_a_newer_snnrun_is_no_damaged_one(folder):
    path = save(folder, 1)
    meta = json.loads((path / META).read_text())
    (path / META).write_text(json.dumps({**meta, "format": 3}))
    with pytest.raises(DataError, match=r"epoch_0001 was written by a newer snnrun \(format 3\)$"):
        checkpoint.load(path)


@pytest.mark.parametrize("missing", [WEIGHTS, OPTIMIZER, STATE])
def test_a_file_without_a_checksum_is_not_taken_on_trust(folder, missing):
    """Without a line for the state, a checkpoint passed for one of weights alone."""
    path = save(folder, 1)
    meta = json.loads((path / META).read_text())
    del meta["sha256"][missing]
    (path / META).write_text(json.dumps(meta))
    with pytest.raises(DataError, match=f"is damaged: meta.json lacks the sha256 of {missing}"):
        checkpoint.load(path)


@pytest.mark.parametrize("content", [b"", b"x" * 40, (10**15).to_bytes(8, "little") + b"{}"])
@pytest.mark.parametrize("name", [WEIGHTS, OPTIMIZER])
def test_tensors_that_are_none_are_found(folder, name, content):
    path = save(folder, 1)
    (path / name).write_bytes(content)
    sign(path)
    with pytest.raises(DataError, match="epoch_0001 is damaged: "):
        checkpoint.load(path)


@pytest.mark.parametrize("step", [0.5, 2.0**53, 1e30])
def test_steps_that_no_optimiser_counts_are_named(folder, step):
    """A learning rate that is corrected by the number of steps was another one."""
    path = save(folder, 1)
    change_tensors(path, OPTIMIZER, lambda kept: kept.update(
        {"model.weights/step": torch.tensor(step)}
    ))  # fmt: skip
    with pytest.raises(DataError, match=r"is damaged: model\.weights/step is .*; expected a count"):
        checkpoint.load(path)


@pytest.mark.parametrize("name", [WEIGHTS, OPTIMIZER])
def test_numbers_that_numpy_does_not_have_are_named(folder, name):
    """They were taken, and then a TypeError of torch ended what read them as arrays."""
    path = save(folder, 1)
    change_tensors(path, name, lambda found: found.update(
        {"model.weights/exp_avg": torch.ones(3, dtype=torch.bfloat16)}
    ))  # fmt: skip
    with pytest.raises(DataError, match=r"exp_avg holds torch\.bfloat16; expected float32"):
        checkpoint.load(path)


# ---- does it fit? ----


def refused(folder, change, wanted=None):
    """The message of a checkpoint whose tensors were changed, against those of a network."""
    path = save(folder, 1)
    change_tensors(path, WEIGHTS, change)
    with pytest.raises(DataError) as error:
        check_fit(path, checkpoint.load(path).tensors, wanted or tensors())
    return str(error.value).removeprefix(str(path))


def test_the_first_tensor_that_does_not_fit_is_named(folder):
    said = refused(folder, lambda _: None, tensors(5))
    assert said == (
        " does not fit the network: model.bias is [3] in the checkpoint and [5] in the network"
    )
    said = refused(folder, lambda found: found.pop("model.weights"))
    assert "model.weights is absent in the checkpoint and [4, 3] in the network" in said
    said = refused(folder, lambda found: found.update(extra=torch.ones(2)))
    assert "extra is [2] in the checkpoint and absent in the network" in said


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.complex64])
def test_numbers_of_another_kind_are_named(folder, kind):
    """Complex or whole numbers were turned into floats without a word."""
    said = refused(folder, lambda found: found.update({"model.bias": torch.ones(3, dtype=kind)}))
    assert f"model.bias holds {kind} in the checkpoint and torch.float32 in the network" in said


def test_numbers_of_another_precision_fit(folder):
    path = save(folder, 1)
    change_tensors(path, WEIGHTS, lambda found: found.update(
        {name: tensor.double() for name, tensor in found.items() if tensor.is_floating_point()}
    ))  # fmt: skip
    found = checkpoint.load(path).tensors
    assert found["model.bias"].dtype == torch.float64
    check_fit(path, found, tensors())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["model.weights", "rule.value"])
def test_values_that_are_not_finite_are_named(folder, name, bad):
    said = refused(folder, lambda found: found[name].view(-1)[-1:].fill_(bad))
    assert said == f": {name} holds values that are not finite"


# ---- which one ----


def test_an_epoch_that_was_not_saved(folder):
    for at in ((100,), (200,), (230, 4)):
        save(folder, *at)
    with pytest.raises(DataError, match=r"run has no epoch 250\. Saved epochs: 100, 200"):
        checkpoint.open_epoch(folder, 250)
    assert checkpoint.open_epoch(folder, 200).at == Position(200)


def test_the_last_one_is_the_latest_whatever_a_pointer_says(folder):
    """A pointer that a kill had left behind led training back to an earlier epoch."""
    for at in ((1,), (2,), (2, 5)):
        save(folder, *at)
    checkpoint.point(folder, Position(1), Position(2))
    assert (folder / "last").read_text() == "epoch_0001\n"
    assert (folder / "best").read_text() == "epoch_0002\n"
    assert checkpoint.open_epoch(folder).at == Position(2, 5)
    (folder / "last").write_bytes(b"\xff\xfe")
    assert checkpoint.open_epoch(folder).at == Position(2, 5)
    checkpoint.point(folder, Position(2, 5), Position(2))
    assert (folder / "last").read_text() == "epoch_0002_batch_0005\n"


def test_pruning_leaves_what_is_wanted_and_what_is_no_checkpoint(folder):
    for epoch in (1, 2, 3):
        save(folder, epoch)
    (folder / "notes").mkdir()
    checkpoint.prune(folder, {Position(2), Position(7)})
    assert sorted(os.listdir(folder)) == ["epoch_0002", "notes"]


def test_no_checkpoint_yet(folder):
    with pytest.raises(DataError, match="run holds no checkpoint yet"):
        checkpoint.open_epoch(folder)


def test_a_run_that_died_before_its_first_checkpoint_can_be_started_anew(folder):
    (folder.parent / "config.yaml").write_text("seed: 1\n")
    with pytest.raises(DataError, match=r"yet; start anew with: snnrun train .*/run/config\.yaml$"):
        checkpoint.open_epoch(folder)


# ---- killed ----


@pytest.mark.parametrize("mark", [".77.old.", ".snnrun-77.old."])
def test_a_checkpoint_that_made_room_is_put_back(folder, mark):
    """One that had just made room for a new one was lost, though whole."""
    save(folder, 1)
    save(folder, 3, metric_lines=8)
    (folder / "epoch_0003").rename(folder / f"{mark}epoch_0003")
    assert checkpoint.saved(folder) == [Position(1)]
    checkpoint.repair(folder)
    assert sorted(os.listdir(folder)) == ["epoch_0001", "epoch_0003"]
    assert checkpoint.open_epoch(folder).progress.metric_lines == 8


def test_nothing_is_put_back_in_the_place_of_a_newer_one(folder):
    save(folder, 3, metric_lines=1)
    (folder / "epoch_0003").rename(folder / ".snnrun-77.old.epoch_0003")
    save(folder, 3, metric_lines=2)
    (folder / ".snnrun-77.old.notes").mkdir()
    checkpoint.repair(folder)
    assert checkpoint.open_epoch(folder).progress.metric_lines == 2
    assert not (folder / "notes").exists()


SAVER = """
import itertools, sys
from pathlib import Path
from tests.runs.checkpoints import save
for epoch in itertools.count(1):
    save(Path(sys.argv[1]), epoch % 5, width=90_000, metric_lines=epoch)
    print(epoch, flush=True)
"""


def test_killed_while_saving_every_checkpoint_is_whole(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "1\n"
    time.sleep(0.4)
    process.send_signal(signal.SIGKILL)
    done = 1 + len(process.communicate()[0].split())
    checkpoint.repair(folder)
    found = checkpoint.saved(folder)
    assert len(found) >= min(done, 5)
    for at in found:
        saved = checkpoint.load(folder / at.name)
        assert saved.progress.metric_lines % 5 == at.epoch
        assert saved.progress.metric_lines >= done - 4
        assert load_file(saved.path / WEIGHTS)["model.bias"].shape == (90_000,)
