"""Counts that are kept: the same samples, made once, by one process; damage is noticed."""

import multiprocessing
import os
import pickle

import numpy as np
import pytest

from snnrun.data.events.cache import CacheWarning, kept
from snnrun.data.events.counts import CountSource
from snnrun.data.source import Subset
from snnrun.errors import DataError
from tests.bounded import bounded

RANDOM = np.random.default_rng(0)


class Toy(CountSource):
    """Counts that are there already; ``made`` says how often they were asked for."""

    def __init__(self, values, facts=0, broken=None):
        super().__init__(values.shape[1:], np.arange(len(values)) % 2)
        self.values, self._facts, self.broken, self.made = values, facts, broken, 0

    def counts(self, number):
        self.made += 1
        if number == self.broken:
            raise DataError("a.bin: is damaged")
        return self.values[number]

    def facts(self):
        return self._facts


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    return tmp_path / "frames"


def toy(**said) -> Toy:
    return Toy(RANDOM.integers(200, size=(5, 3, 2, 4, 7)), **said)


def everything(source):
    return source.read(np.arange(len(source)))


def arrays(root):
    return sorted(root.glob("*.npy"))


def test_samples_are_the_same_and_made_once(root):
    source = toy()
    expected = everything(source)
    source.made = 0
    for _ in range(2):
        found = kept(source, "toy-train")
        for one, other in zip(everything(found), expected, strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        assert found.digest() == source.digest()
        assert (found.shape, len(found)) == (source.shape, 5)
        np.testing.assert_array_equal(found.targets(), source.targets())
    assert source.made == 5
    assert [path.name for path in arrays(root)] == [f"toy-train-{source.digest()[:16]}.npy"]
    assert not list(root.glob("*.part"))


def test_samples_stay_on_disk(root):
    found = kept(toy(), "toy")
    assert isinstance(found._values, np.memmap)
    assert found._values.dtype == np.uint8
    part = pickle.loads(pickle.dumps(Subset(found, np.array([3, 1]))))
    np.testing.assert_array_equal(everything(part)[0], everything(found)[0][[3, 1]])


@pytest.mark.parametrize(("most", "dtype"), [(255, "uint8"), (256, "uint16"), (65536, "uint32")])
def test_the_type_holds_all_counts(root, most, dtype):
    source = toy()
    source.values[3, 2, 1, 0, 5] = most
    found = kept(source, "toy")
    assert found._values.dtype == np.dtype(dtype)
    assert everything(found)[0].max() == most
    assert not list(root.glob("*.part"))


def test_other_facts_make_another_file(root):
    values = RANDOM.integers(9, size=(4, 2, 3))
    for source in (Toy(values), Toy(values, facts=1), Toy(values[:3]), Toy(values[:, :1])):
        kept(source, "toy")
    assert len(arrays(root)) == 4


def cut(content):
    return content[:-1]


def flipped(content):
    return content[:200] + bytes([content[200] ^ 1]) + content[201:]


def longer(content):
    return content + b"\0"


def with_header(text):
    """With another header, as long as the one that there was; numpy evaluates what it says."""
    return lambda content: content[:10] + text.ljust(117) + b"\n" + content[128:]


DAMAGES = {
    "cut": cut, "flipped": flipped, "longer": longer, "empty": lambda _: b"",
    "text": lambda _: b"no array", "short": lambda it: it[:90], "zeros": with_header(b"\0"),
    "open": with_header(b"{(" + b"[" * 90), "shape": with_header(
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3), }"
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_made_anew(root, damage):
    source = toy()
    kept(source, "toy")
    (path,) = arrays(root)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    source.made = 0
    np.testing.assert_array_equal(everything(kept(source, "toy"))[0], source.values)
    assert source.made == 5
    assert path.read_bytes() == whole


def test_a_damaged_sample_leaves_nothing_behind(root):
    source = toy(broken=3)
    with pytest.raises(DataError, match=r"a\.bin: is damaged"):
        kept(source, "toy")
    assert not arrays(root)
    assert not list(root.glob("*.part"))


def test_what_a_killed_process_left_goes(root):
    source = toy()
    kept(source, "toy")
    (path,) = arrays(root)
    old, other = path.with_suffix(".1.part"), root / "another-0.1.part"
    old.write_bytes(b"half")
    other.write_bytes(b"half")
    path.unlink()
    kept(source, "toy")
    assert not old.exists()
    assert other.exists()


def test_where_nothing_can_be_written_samples_are_made_each_time(root, monkeypatch):
    source = toy()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(CacheWarning, match="cannot keep frames in .*No space left.*made anew"):
        found = kept(source, "toy")
    assert found is source
    assert not arrays(root)
    assert not list(root.glob("*.part"))


def test_a_pipe_in_the_place_of_the_lock(root):
    """Whoever opened it waited for a reader."""
    root.mkdir()
    os.mkfifo(root / f"toy-{toy().digest()[:16]}.lock")
    with bounded(10), pytest.warns(CacheWarning, match="it is a pipe, not a file; they are made"):
        assert isinstance(kept(toy(), "toy"), Toy)


def test_a_folder_that_cannot_be_made(root):
    root.write_text("no folder")
    with pytest.warns(CacheWarning, match="cannot keep frames in .*; they are made anew"):
        assert isinstance(kept(toy(), "toy"), Toy)


def test_a_kept_file_is_read_from_a_folder_that_cannot_be_written(root, monkeypatch):
    source = toy()
    kept(source, "toy")
    monkeypatch.setattr("snnrun.data.events.cache._make", lambda *_: pytest.fail("made again"))
    monkeypatch.setattr("snnrun.data.events.cache._alone", lambda *_: pytest.fail("locked"))
    np.testing.assert_array_equal(everything(kept(source, "toy"))[0], source.values)


def _keep(source, queue, barrier):
    barrier.wait()
    kept(source, "toy")
    queue.put(source.made)


def test_one_of_several_processes_makes_it(root):
    context = multiprocessing.get_context("fork")
    source, queue, barrier = toy(), context.Queue(), context.Barrier(3)
    workers = [context.Process(target=_keep, args=(source, queue, barrier)) for _ in range(3)]
    for each in workers:
        each.start()
    made = sorted(queue.get(timeout=30) for _ in workers)
    for each in workers:
        each.join()
    assert made == [0, 0, 5]
    np.testing.assert_array_equal(everything(kept(source, "toy"))[0], source.values)
