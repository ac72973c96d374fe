"""Batches: the same bits whoever reads them, in whatever batch, from wherever a pass begins."""

import multiprocessing
import time
from itertools import islice

import numpy as np
import pytest
import torch

from snnrun.core import memory
from snnrun.core.capabilities import InputKind
from snnrun.data import Dataset
from snnrun.data.loader import Loader, Share, Use, chunks
from snnrun.data.reading import lost_workers_told
from snnrun.data.sets.image_folder import ImageFolderSettings
from snnrun.data.source import Source
from snnrun.encoders import ENCODERS, build_encoder
from snnrun.errors import DataError
from snnrun.training.learner import training_values
from tests.data.pictures import CHANGES, LEARNING, PICTURES, bits, built, by_sample, loader

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


def test_a_worker_that_is_killed_is_told_of(pictures):
    """torch says so where the news reaches this process, in whatever it does then."""
    source = loader(1, workers=1)
    batches = source.epoch(0)
    next(batches)
    (worker,) = multiprocessing.active_children()

    @lost_workers_told()
    def read_on():
        worker.kill()
        for _ in range(100):
            time.sleep(0.1)  # the news comes here, or with the next batch that is not there
        list(batches)

    with pytest.raises(DataError, match="a process that reads samples has ended"):
        read_on()
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


@pytest.mark.parametrize("workers", [0, 1])
def test_pictures_change_anew_each_epoch(pictures, workers):
    """Shown by an encoder that draws nothing."""
    source = loader(encoder="pixels", workers=workers)
    first, second = (by_sample(source.epoch(epoch)) for epoch in (0, 1))
    assert len(first) == PICTURES
    assert all(second[number] != each for number, each in first.items())
    source.close()


def test_each_change_draws_for_itself_and_for_each_batch(pictures):
    """Two flips with the same numbers would show every picture as it is."""
    still = by_sample(loader(encoder="pixels", changes=[]).epoch(0))
    for per, changes in (("image", 2), ("batch", 1), ("batch", 2)):
        source = loader(2, encoder="pixels", changes=[{"name": "flip", "per": per}] * changes)
        kept = [
            [each == still[number] for number, each in by_sample([batch]).items()]
            for batch in source.epoch(0)
        ]
        assert {answer for batch in kept for answer in batch} == {True, False}
        assert (per == "batch") == all(len(set(batch)) == 1 for batch in kept)


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


PIXELS = ImageFolderSettings(folder="x", size=2, names=["a"], validation=0.1, test=0.1)


def of(source, **options) -> Loader:
    encoder = build_encoder(ENCODERS["latency"].settings(), source.shape, InputKind.SPIKE_TIMES)
    return Loader(source, PIXELS, encoder, LEARNING, 0, 7, **options)


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
    loader = of(source, augmentations=[built("shift")], keep=True)
    for epoch in range(2):
        list(loader.epoch(epoch))
    assert source.read_before == 80


def test_what_is_only_normalised_is_read_once():
    source = Counted(shape=(1, 4, 4))
    half = built("normalize", mean=(-1.0,), std=(2.0,))
    loader, plain = of(source, augmentations=[half], keep=True), of(Counted(shape=(1, 4, 4)))
    for epoch in range(2):
        for shown, given in zip(loader.epoch(epoch), plain.epoch(epoch), strict=True):
            # latency is linear in the value, which goes from v to (v + 1) / 2
            torch.testing.assert_close(shown.inputs, 0.5 * given.inputs + 0.5 * 2.0)
    assert source.read_before == 40


def test_large_samples_are_prepared_few_at_a_time():
    class Large(Counted):
        shape = (3, 1000, 1000)

    sizes = [len(part) for part in chunks(Large())]
    assert sizes == [5] * 8
    assert [len(part) for part in chunks(Counted(4500))] == [2000, 2000, 500]


def test_values_that_were_not_promised_are_told_to_encoders_that_adapt():
    """The mean of pixels became nan, and nobody was said to have told it."""
    source = Counted(shape=(3, 2, 2))
    source.values[33, 1, 1, 0] = np.nan
    dataset = Dataset(PIXELS, {"train": source})
    with pytest.raises(DataError, match=r"samples 0 to 39 of train: values reach from nan to nan"):
        list(training_values(dataset))


def test_values_that_were_not_promised_are_told_where_they_are_read(monkeypatch):
    source = Counted()
    source.values[33, 1, 1] = 1.5
    with pytest.raises(DataError, match=r"samples \d+ to \d+ of train: values reach .* to 1.5"):
        list(of(source, keep=False).epoch(0))
