"""Spike trains in HDF5: by hand; what is wrong with a file; h5py that is not there."""

import os
import pickle
import struct
import sys

import h5py
import numpy as np
import pytest

from snnrun.data.events.spikes_h5 import SpikeSource
from snnrun.errors import DataError
from tests.bounded import bounded
from tests.data.recordings import write_spikes

#: float16 holds these times exactly.
SAMPLES = [([0.0, 0.25, 0.25, 0.5, 1.0], [0, 1, 2, 699, 350]), ([], []), ([0.875], [348])]


@pytest.fixture
def path(tmp_path):
    write_spikes(tmp_path / "a.h5", SAMPLES, [3, 1, 0])
    return tmp_path / "a.h5"


def test_spikes_are_binned_by_hand(path):
    """Four steps of 0.25 s, what comes from 1 s on is left out; 350 inputs of two channels."""
    source = SpikeSource(path, bins=4, max_time=1.0, units=350, binary=False)
    values, labels = source.read(np.array([2, 0, 1]))
    expected = np.zeros((3, 4, 350), np.float32)
    expected[0, 3, 174] = 1
    expected[1, 0, 0] = expected[1, 1, 0] = expected[1, 1, 1] = expected[1, 2, 349] = 1
    np.testing.assert_array_equal(values, expected)
    assert labels.tolist() == [0, 3, 1]
    assert (source.shape, len(source), values.dtype) == ((4, 350), 3, np.float32)


def test_spikes_of_an_input_at_a_step_are_counted_or_not(path):
    counted = SpikeSource(path, bins=1, max_time=2.0, units=7, binary=False).counts(0)
    binary = SpikeSource(path, bins=1, max_time=2.0, units=7, binary=True).counts(0)
    assert counted.tolist() == [[3, 0, 0, 1, 0, 0, 1]]
    assert binary.tolist() == [[1, 0, 0, 1, 0, 0, 1]]


@pytest.mark.parametrize("kind", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_waited_for(path, kind):
    """HDF5 waited for a writer, without an end."""
    path.unlink()
    kind(path)
    with bounded(), pytest.raises(DataError, match=r"a\.h5: cannot be read as HDF5: .* not a file"):
        SpikeSource(path, 4, 1.0, 700, False)


def test_spikes_and_labels_that_are_no_lists(path):
    """They were a TypeError and an AttributeError."""
    with h5py.File(path, "r+") as file:
        labels = file["labels"][()]
        del file["spikes/units"], file["labels"]
        file["spikes/units"] = file["labels"] = labels
    with pytest.raises(DataError, match=r"sample 0 has times \[5\] and units \[\]; expected lists"):
        SpikeSource(path, 4, 1.0, 700, False).counts(0)
    with h5py.File(path, "r+") as file:
        del file["labels"]
        file["labels"] = h5py.SoftLink("/spikes")
    with pytest.raises(DataError, match=r"cannot be read as HDF5: labels is a group"):
        SpikeSource(path, 4, 1.0, 700, False)


@pytest.mark.parametrize("size", [0, 2**64 - 16])
def test_a_heap_that_goes_on_without_an_end(path, size):
    """A flipped byte held the library of HDF5 for ever."""
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    number = 0 if size == 0 else 1
    content[heap + 16 : heap + 32] = struct.pack("<H6xQ", number, size)
    path.write_bytes(content)
    with bounded(), pytest.raises(DataError, match=f"the heap at byte {heap} goes on without an"):
        SpikeSource(path, 4, 1.0, 700, False)


def test_more_labels_than_there_is_memory_for(path):
    with h5py.File(path, "r+") as file:
        del file["labels"]
        file.create_dataset("labels", (2**50,), np.uint16)
    with bounded(), pytest.raises(DataError, match=r"labels have 1,125,899,906,842,624 entries"):
        SpikeSource(path, 4, 1.0, 700, False)


def test_another_process_opens_the_file_itself(path):
    source = SpikeSource(path, 4, 1.0, 700, False)
    expected = source.counts(0)
    again = pickle.loads(pickle.dumps(source))
    assert again._file is None
    np.testing.assert_array_equal(again.counts(0), expected)
    assert again.digest() == source.digest()


def test_the_digest_tells_settings_and_files(path, tmp_path):
    given = {"bins": 4, "max_time": 1.0, "units": 350, "binary": False}
    other = [{"bins": 5}, {"max_time": 2.0}, {"units": 700}, {"binary": True}]
    digests = {SpikeSource(path, **{**given, **each}).digest() for each in [{}, *other]}
    write_spikes(path, SAMPLES[:2], [3, 1])
    digests.add(SpikeSource(path, **given).digest())
    assert len(digests) == 6


def reading_raises(path, message, number=0):
    with pytest.raises(DataError, match=message) as caught:
        SpikeSource(path, 4, 1.0, 700, False).counts(number)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (([0.5, 0.5], [3]), "sample 0 has 2 times and 1 units; expected as many"),
        (([0.5, -0.5], [3, 4]), "sample 0 has a spike at -0.5 s"),
        (([float("nan")], [3]), "sample 0 has a spike at nan s"),
        (([0.5], [700]), "sample 0 has a spike of unit 700; expected 0 to 699"),
    ],
)
def test_samples_that_cannot_be(tmp_path, sample, message):
    write_spikes(tmp_path / "a.h5", [sample], [0])
    reading_raises(tmp_path / "a.h5", message)


def test_damaged_files(path):
    content = path.read_bytes()
    for wrong in (b"", b"no HDF5 at all", content[: len(content) // 2]):
        path.write_bytes(wrong)
        reading_raises(path, "a.h5: cannot be read as HDF5: ")


def test_an_absent_file(tmp_path):
    reading_raises(tmp_path / "a.h5", "a.h5: cannot be read as HDF5: .*No such file")


def test_parts_that_are_absent_or_do_not_fit(path):
    with h5py.File(path, "a") as file:
        del file["labels"]
        file["labels"] = np.zeros(2, int)
    reading_raises(path, r"spikes/times and spikes/units and labels have \[3, 3, 2\] entries")
    with h5py.File(path, "a") as file:
        del file["labels"]
        del file["spikes/units"]
    reading_raises(path, "holds no spikes/units, labels; replace it")


def test_labels_are_whole(path):
    with h5py.File(path, "a") as file:
        del file["labels"]
        file["labels"] = np.array([0, 1.5, 2])
    reading_raises(path, "expected whole numbers, got float64 1.5")


def test_h5py_is_named_where_it_is_not_installed(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r"h5py.*is not installed; pip install 'snnrun\[events\]'"):
        SpikeSource(path, 4, 1.0, 700, False)
