"""Batches: the same bits whoever reads them, in whatever batch, from wherever a pass begins."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import snnrun
from snnrun.core.capabilities import InputKind
from snnrun.data import load_dataset, memory
from snnrun.data.augmentations import AUGMENTATIONS
from snnrun.data.loader import Loader, Share, Use, chunks
from snnrun.data.sets.image_folder import ImageFolderSettings
from snnrun.data.source import Source
from snnrun.encoders import ENCODERS, build_encoder
from snnrun.errors import DataError, Interrupted
from snnrun.experiment import load_config
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher

PICTURES = 23
LEARNING = Use("train", learning=True)
CHANGES = [
    {"name": "shift", "pixels": 2}, {"name": "jitter"}, {"name": "RandomRotation", "degrees": 30},
]  # fmt: skip


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of small pictures in two classes."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    random = np.random.default_rng(0)
    for number in range(PICTURES + 8):
        path = tmp_path / "pets" / ("cat" if number % 3 else "dog") / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(256, size=(9, 8, 3), dtype=np.uint8)).save(path)
    return tmp_path / "pets"


def built(**said):
    chosen = AUGMENTATIONS[said.pop("name")].settings(**said)
    return AUGMENTATIONS.entry_of(chosen).load()(chosen)


def loader(size=5, use=LEARNING, encoder="poisson", changes=CHANGES, **options) -> Loader:
    settings = ImageFolderSettings(folder="pets", size=8, validation="test", test=0.26)
    coder = build_encoder(ENCODERS[encoder].settings(), settings.input_shape)
    coder.train(use.learning)
    augmentations = [built(**each) for each in changes]
    source = load_dataset(settings).train
    assert len(source) == PICTURES
    return Loader(source, settings, coder, use, 3, size, augmentations, **options)


def by_sample(batches, learning=True) -> dict[int, tuple[bytes, int]]:
    """What was shown of each sample: the bits of its input, and its target."""
    shown = {}
    for batch in batches:
        inputs = batch.inputs.transpose(0, 1) if batch.inputs.dim() == 3 else batch.inputs
        for number, own, target in zip(batch.random.samples, inputs, batch.targets, strict=True):
            assert int(number) not in shown
            shown[int(number)] = own.contiguous().numpy().tobytes(), int(target)
    return shown


def bits(batches) -> list[tuple]:
    return [
        (batch.random.number, batch.random.samples.tolist(), batch.inputs.numpy().tobytes(),
         batch.targets.tolist(), batch.whole, torch.rand(2).tolist())
        for batch in batches
    ]  # fmt: skip


# ---- whoever reads, from wherever on ----


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_give_the_same_bits_in_the_same_order(pictures, workers):
    alone, ahead = loader(), loader(workers=workers)
    for epoch in (0, 1, 4):
        expected = bits(alone.epoch(epoch))
        assert [each[0] for each in expected] == list(range(5))
        assert bits(ahead.epoch(epoch)) == expected
    ahead.close()


READ, KEPT = {}, {"changes": [], "keep": True}


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("options", [READ, KEPT, {"share": Share(1, 2)}, {"use": Use("test")}])
def test_a_pass_that_was_left_goes_on_from_there(pictures, options, workers):
    """In the same process or in another, and a whole pass after it is whole."""
    expected = bits(loader(**options).epoch(2))
    assert len(expected) == 5
    source = loader(workers=workers, **options)
    for cut in (1, 3, 5):
        begun = bits(islice(source.epoch(2), cut))
        assert begun + bits(source.epoch(2, cut)) == expected
        other = loader(workers=workers, **options)
        assert begun + bits(other.epoch(2, cut)) == expected
        other.close()
    next(source.epoch(3))
    assert bits(source.epoch(2)) == expected
    source.close()


def test_two_passes_at_once_are_noticed(pictures):
    """Workers serve one pass; a second one took its batches away in silence."""
    source = loader(workers=1)
    first = source.epoch(0)
    next(first)
    next(source.epoch(1))
    with pytest.raises(RuntimeError, match="two passes over the batches of one loader"):
        list(first)
    source.close()


# ---- a sample is the same in whatever batch ----


@pytest.mark.parametrize("encoder", ["poisson", "latency"])
def test_a_sample_does_not_depend_on_its_batch(pictures, encoder):
    options = {"encoder": encoder, "changes": [] if encoder == "latency" else CHANGES}
    expected = by_sample(loader(**options).epoch(3))
    assert len(expected) == PICTURES
    for size in (1, 4, 23, 60):
        assert by_sample(loader(size, **options).epoch(3)) == expected
    assert by_sample(loader(**options).epoch(4)) != expected or encoder == "latency"


def test_noise_of_a_sample_does_not_depend_on_its_batch(pictures):
    def noisy(size):
        source = loader(size, changes=[])
        settings = ENCODERS["latency"].settings(noise={"std": 0.1})
        source.encoder = build_encoder(settings, (3, 8, 8)).train()
        return source

    expected = by_sample(noisy(5).epoch(3))
    assert by_sample(noisy(23).epoch(3)) == by_sample(noisy(7).epoch(3)) == expected
    assert by_sample(noisy(5).epoch(4)) != expected
    plain = by_sample(loader(encoder="latency", changes=[]).epoch(3))
    assert all(plain[number] != each for number, each in expected.items())


def test_nor_on_the_order(pictures):
    expected = by_sample(loader().epoch(0))
    backwards = np.arange(PICTURES)[::-1].copy()
    assert by_sample(loader(only=backwards).epoch(0)) == expected


def test_nor_on_threads(pictures):
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(by_sample(loader(23).epoch(0)))
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


@pytest.mark.parametrize("per", ["image", "batch"])
def test_nor_on_how_many_processes_share_the_batch(pictures, per):
    changes = [{"name": "crop", "pixels": 1, "per": per}, {"name": "flip", "per": per}]
    whole = list(loader(6, changes=changes).epoch(1))
    parts = [list(loader(6, changes=changes, share=Share(rank, 2)).epoch(1)) for rank in (0, 1)]
    for batch, first, second in zip(whole, *parts, strict=True):
        assert (len(first), len(second)) == (-(-len(batch) // 2), len(batch) // 2)
        assert first.whole == second.whole == batch.whole == len(batch)
        assert first.shared
        assert torch.equal(torch.cat([first.inputs, second.inputs], 1), batch.inputs)
        assert torch.equal(torch.cat([first.targets, second.targets]), batch.targets)


def test_every_sample_is_shown_once_an_epoch_each_time_in_another_order(pictures):
    source = loader(changes=[])
    orders = [[n for batch in source.epoch(e) for n in batch.random.samples] for e in range(3)]
    assert all(sorted(order) == list(range(PICTURES)) for order in orders)
    assert orders[0] != orders[1] != orders[2]
    still = loader(use=Use("test"))
    assert [n for batch in still.epoch(1) for n in batch.random.samples] == list(range(PICTURES))


def test_where_nothing_is_learned_nothing_is_augmented(pictures):
    still = loader(use=Use("test"), encoder="pixels")
    (only,) = (torch.cat([batch.inputs for batch in still.epoch(epoch)]) for epoch in (0,))
    values, targets = still.source.read(np.arange(PICTURES))
    torch.testing.assert_close(only, torch.from_numpy(values))
    assert torch.cat([batch.targets for batch in still.epoch(0)]).tolist() == targets.tolist()


# ---- memory ----


class Counted(Source):
    """A source that counts what is read of it."""

    def __init__(self, samples=40, shape=(3, 2)) -> None:
        self.values = np.random.default_rng(0).random((samples, *shape), dtype=np.float32)
        self.read_before = 0

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape[1:]

    def read(self, numbers):
        self.read_before += len(numbers)
        return self.values[numbers], np.zeros(len(numbers), np.int64)

    def digest(self) -> str:
        return "counted"


def of(source, **options) -> Loader:
    encoder = build_encoder(ENCODERS["latency"].settings(), source.shape, InputKind.SPIKE_TIMES)
    settings = ImageFolderSettings(folder="x", size=2, names=["a"], validation=0.1, test=0.1)
    return Loader(source, settings, encoder, LEARNING, 0, 7, **options)


def test_what_fits_is_read_and_prepared_once():
    source = Counted()
    loader = of(source)
    first = bits(loader.epoch(0))
    assert source.read_before == 1 + 40  # one of them to judge their size
    assert bits(loader.epoch(0)) == first
    assert source.read_before == 41


def test_what_does_not_fit_stays_on_disk(monkeypatch):
    kept = bits(of(Counted()).epoch(1))
    monkeypatch.setattr(memory, "available", lambda: 40 * 6 * 4 / memory.SHARE - 1)
    source = Counted()
    loader = of(source)
    assert bits(loader.epoch(1)) == kept
    assert bits(loader.epoch(1)) == kept
    assert source.read_before == 1 + 2 * 40
    monkeypatch.setattr(memory, "available", lambda: 40 * 6 * 4 / memory.SHARE + 1)
    loader = of(source)
    assert bits(loader.epoch(1)) == kept
    assert loader.keep


@pytest.mark.parametrize("keep", [True, False])
def test_memory_may_be_decided_by_the_config(keep, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: pytest.fail("looked at memory"))
    source = Counted()
    loader = of(source, keep=keep)
    for epoch in range(2):
        list(loader.epoch(epoch))
    assert source.read_before == (40 if keep else 80)


def test_what_is_augmented_is_read_each_time():
    source = Counted(shape=(1, 4, 4))
    loader = of(source, augmentations=[built(name="shift")], keep=True)
    for epoch in range(2):
        list(loader.epoch(epoch))
    assert source.read_before == 80


def test_large_samples_are_prepared_few_at_a_time():
    class Large(Counted):
        shape = (3, 1000, 1000)

    sizes = [len(part) for part in chunks(Large())]
    assert sizes == [5] * 8
    assert [len(part) for part in chunks(Counted(4500))] == [2000, 2000, 500]


# ---- what goes wrong ----


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_picture_is_told_by_whoever_reads_it(pictures, workers):
    (pictures / "cat" / "01.png").write_bytes(b"no picture")
    source = loader(workers=workers)
    with pytest.raises(DataError, match=r"cat/01.png: cannot be read as a picture") as caught:
        list(source.epoch(0))
    assert "Traceback" not in str(caught.value)
    source.close()


def test_a_worker_that_dies_is_told(pictures):
    source = loader(1, workers=1)
    batches = source.epoch(0)
    next(batches)
    (worker,) = children()
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(DataError, match="a process that reads samples has ended"):
        list(batches)
    source.close()


def test_values_that_were_not_promised_are_told_where_they_are_read(monkeypatch):
    source = Counted()
    source.values[33, 1, 1] = 1.5
    with pytest.raises(DataError, match=r"samples \d+ to \d+ of train: values reach .* to 1.5"):
        list(of(source, keep=False).epoch(0))


# ---- processes ----


def children() -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == os.getpid() and stat[0] != "Z":
                found.append(int(folder.name))
    return found


def test_workers_are_started_once_and_end(pictures):
    before = set(children())
    source = loader(workers=2)
    assert set(children()) == before
    seen = []
    for epoch in range(3):
        list(source.epoch(epoch))
        seen.append(set(children()) - before)
    assert len(seen[0]) == 2
    assert seen[0] == seen[1] == seen[2]
    source.close()
    assert set(children()) == before
    list(source.epoch(0))  # they start anew
    assert len(set(children()) - before) == 2
    del source
    assert set(children()) == before


def test_workers_that_prepared_all_samples_end(pictures):
    source = loader(changes=[], workers=2, keep=True)
    before = set(children())
    expected = bits(loader(changes=[], keep=True).epoch(0))
    assert bits(source.epoch(0)) == expected
    assert set(children()) == before


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
    numbers = [{k: v for k, v in row.items() if k != "time"} for row in run.metrics()]
    return path.read_bytes(), numbers


class StopAfter(Watcher):
    """Asks training to stop after some batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if not self.left:
            training.stop.reason = "the test"


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


def group(leader: int) -> list[int]:
    """The processes of a process group that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[2]) == leader and stat[0] != "Z":
                found.append(int(folder.name))
    return found


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
