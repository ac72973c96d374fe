"""Whoever reads a run is not disturbed by its training, which removes checkpoints meanwhile."""

import threading
from contextlib import contextmanager

import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.runs import checkpoint
from tests.tiny import write_config


@pytest.fixture
def run(tmp_path):
    return snnrun.train(write_config(tmp_path), results=tmp_path / "runs")


class Training:
    """What a training does to the folder of checkpoints: the next one comes, the last one goes."""

    def __init__(self, run):
        self.folder, self.saved = run.checkpoints, checkpoint.open_epoch(run.checkpoints)
        self.epoch = self.saved.at.epoch

    def step(self):
        self.epoch += 1
        saved, at = self.saved, Position(self.epoch)
        checkpoint.save(self.folder, at, saved.tensors, saved.optimizer, saved.progress)
        checkpoint.prune(self.folder, {Position(0), at})


@pytest.mark.parametrize("file", ["meta.json", "weights.safetensors", "state.json"])
@pytest.mark.parametrize("times", [1, 7])
def test_a_checkpoint_that_goes_while_it_is_read_is_looked_for_again(
    run, tmp_path, monkeypatch, file, times
):
    training, left = Training(run), [times]

    def slowly(read):
        def reader(path):
            if path.name == file and left[0]:
                left[0] -= 1
                training.step()
            return read(path)

        return reader

    for name in ("read_text", "read_numbers"):
        monkeypatch.setattr(checkpoint, name, slowly(getattr(checkpoint, name)))
    assert evaluate_run(run).epoch == 4 + times
    assert left == [0]


@contextmanager
def trained_on(run):
    """Train on, epoch by epoch, as fast as the disk can."""
    training, stop = Training(run), threading.Event()

    def train():
        while not stop.is_set():
            training.step()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield training
    finally:
        stop.set()
        thread.join()


def test_readers_beside_a_training_never_fail(run, tmp_path):
    """One in four did: the checkpoint that was listed, or looked at first, had gone."""
    reached = set()
    with trained_on(run) as training:
        for number in range(25):
            found = evaluate_run(run)
            assert found.weights["layers.0.weights"].shape == (5, 14)
            copy = share(run, tmp_path / f"copy_{number}")
            reached |= {found.epoch, copy.status()["epoch"]}
            assert checkpoint.open_epoch(copy.checkpoints).at.epoch == copy.status()["epoch"]
            snnrun.load(run)
        assert training.epoch > 100
    assert len(reached) > 10


def test_another_checkpoint_in_the_same_place_is_read_whole(run):
    """Its description was read of one, its weights of the other: a checksum differed."""
    saved = checkpoint.open_epoch(run.checkpoints)
    stop = threading.Event()

    def save(number):
        tensors = {name: each + number for name, each in saved.tensors.items()}
        progress = saved.to_continue().model_copy(update={"metric_lines": number})
        checkpoint.save(run.checkpoints, saved.at, tensors, saved.optimizer, progress)

    def train():
        number = 0
        while not stop.is_set():
            number += 1
            save(number % 3)

    save(0)
    thread = threading.Thread(target=train)
    thread.start()
    try:
        before = saved.tensors["model.layers.0.weights"].sum()
        size = saved.tensors["model.layers.0.weights"].numel()
        for _ in range(100):
            found = checkpoint.open_epoch(run.checkpoints)
            apart = (found.tensors["model.layers.0.weights"].sum() - before) / size
            if found.at == saved.at:
                assert round(float(apart)) == found.to_continue().metric_lines
    finally:
        stop.set()
        thread.join()


def test_what_is_damaged_is_not_looked_for_again(run, monkeypatch):
    path = run.checkpoints / "epoch_0004" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    tries = []
    monkeypatch.setattr(checkpoint, "load", lambda path, load=checkpoint.load: (
        tries.append(path), load(path)
    )[1])  # fmt: skip
    with pytest.raises(DataError, match=r"epoch_0004 is damaged: the checksum of weights"):
        checkpoint.open_epoch(run.checkpoints)
    assert len(tries) == 1
