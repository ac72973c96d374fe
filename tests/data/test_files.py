"""The data folder, and idx files whole and damaged."""

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from snnrun.data import array_files
from snnrun.data.array_files import ArrayFile, array_file
from snnrun.data.events.recording import content_of
from snnrun.data.files import data_folder, find, read_idx
from snnrun.data.images import read_image
from snnrun.data.sets.arrays import ArraysSettings
from snnrun.data.table_files import TableFile
from snnrun.errors import DataError
from tests.bounded import bounded

GOOD = bytes((0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60))


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "some-idx2-ubyte"


def test_an_idx_file_by_hand(path):
    path.write_bytes(GOOD)
    array = read_idx(path, 2, hashlib.sha256(GOOD).hexdigest())
    np.testing.assert_array_equal(array, [[10, 20, 30], [40, 50, 60]])
    assert array.dtype == np.uint8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:-1], "has 17 bytes; its header says 18; replace it"),
        (GOOD + b"\0", "has 19 bytes; its header says 18; replace it"),
        (GOOD[:9], "not an idx file of bytes in 2 dimensions; replace it"),
        (b"", "not an idx file of bytes in 2 dimensions; replace it"),
        (b"\x1f\x8b" + GOOD, "not an idx file of bytes in 2 dimensions; replace it"),
        (GOOD[:2] + b"\x0d" + GOOD[3:], "not an idx file of bytes in 2 dimensions"),
        (GOOD[:3] + b"\1" + GOOD[4:], "not an idx file of bytes in 2 dimensions"),
        (GOOD[:-1] + b"\0", "not the published file: its SHA-256 is another; replace it"),
    ],
)
def test_a_damaged_file_is_named(path, content, message):
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"some-idx2-ubyte: {message}"):
        read_idx(path, 2, hashlib.sha256(GOOD).hexdigest())


def test_a_file_that_cannot_be_read_is_named(path):
    with pytest.raises(DataError, match="some-idx2-ubyte: cannot be read: No such file"):
        read_idx(path, 2)


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("SNNRUN_DATA", "~/sets")
    assert data_folder() == Path.home() / "sets"


@pytest.mark.parametrize("unset", [True, False])
def test_without_it_the_folder_is_data(monkeypatch, tmp_path, unset):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNNRUN_DATA", "")
    if unset:
        monkeypatch.delenv("SNNRUN_DATA")
    assert data_folder() == tmp_path / "data"


def test_a_home_that_does_not_exist(monkeypatch):
    """It was an unexpected RuntimeError."""
    with pytest.raises(DataError, match="~nobodyx/x: there is no such home folder"):
        find("~nobodyx/x")
    monkeypatch.setenv("SNNRUN_DATA", "~nobodyx")
    with pytest.raises(DataError, match="~nobodyx: there is no such home folder"):
        data_folder()


@pytest.mark.parametrize(
    ("name", "message"), [("a\0b", "no file can be called so"), ("x" * 5000, "File name too long")]
)
def test_names_that_no_file_has(name, message):
    with pytest.raises(DataError, match=message) as error:
        find(name)
    assert len(str(error.value)) < 300


READERS = [
    pytest.param(lambda path: read_idx(path, 1), id="idx"),
    pytest.param(lambda path: ArrayFile(path).header(), id="array"),
    pytest.param(lambda path: array_file(f"{path}.npz/x"), id="archive"),
    pytest.param(lambda path: TableFile(path, ",", True).width(), id="table"),
    pytest.param(lambda path: read_image(path, (2, 2), "crop", "grey"), id="picture"),
    pytest.param(content_of, id="recording"),
]


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_named(tmp_path, read):
    """Each reading waited for a writer that never came."""
    for name in ("pipe", "pipe.npz"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r"pipe.*it is a pipe, not a file"):
        read(tmp_path / "pipe")


def _npy(header: str, content: bytes = bytes(8), version: int = 1) -> bytes:
    """A file of numpy with any header."""
    return b"\x93NUMPY" + bytes((version, 0)) + len(header).to_bytes(2, "little") \
        + header.encode() + content  # fmt: skip


SHAPED = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s,)}"


@pytest.mark.parametrize(
    "header",
    [
        SHAPED % "2" + "\n\t'''", "((((((", "{" * 5000, "[" * 9000 + "]" * 900, "", "3", "{1: 2}",
        SHAPED % "-2", SHAPED % "3", SHAPED % ("9" * 40), SHAPED % "1,0,-9", SHAPED % "2.5",
        "{'descr': 'O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f99999999999', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': [('a' * 9, 'f4')], 'fortran_order': False, 'shape': (2,)}",
    ],
)  # fmt: skip
def test_headers_that_are_none(tmp_path, header):
    """Some were an unexpected TokenError, one was taken for an array of 3.2 GB."""
    path = tmp_path / "x.npy"
    path.write_bytes(_npy(header))
    with pytest.raises(DataError, match=r"x.npy: no array of numbers: ") as error:
        ArrayFile(path).open()
    assert len(str(error.value)) < 600
    assert "\n" not in str(error.value)


def test_a_header_that_claims_to_have_billions_of_bytes(tmp_path):
    """As many were set aside before the first was read."""
    path = tmp_path / "x.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + b"\xff" * 4 + (SHAPED % "2").encode())
    with bounded(), pytest.raises(DataError, match=r"x.npy: no array of numbers: EOF"):
        ArrayFile(path).header()


def test_an_archive_that_unpacks_to_more_than_there_is(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "xy.npz", x=np.zeros(1000))
    monkeypatch.setattr(array_files, "total", lambda: 7999)
    with pytest.raises(DataError, match="takes 8,000 bytes of 7,999 bytes of memory"):
        ArrayFile(tmp_path / "xy.npz", "x").open()


def test_labels_that_are_no_classes(tmp_path):
    """Names were made for each number up to the largest."""
    np.save(tmp_path / "x.npy", np.zeros((2, 3)))
    np.save(tmp_path / "y.npy", np.array([0, 2**62]))
    pair = {"values": f"{tmp_path}/x.npy", "targets": f"{tmp_path}/y.npy"}
    with pytest.raises(ValueError, match="labels reach up to 4,611,686,018,427,387,904; expected"):
        ArraysSettings(train=pair, test=0.5)


def test_bytes_of_an_archive_that_are_damaged_are_told(tmp_path):
    """A flipped bit in what lzma had packed was an unexpected error."""
    with zipfile.ZipFile(tmp_path / "xy.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", _npy(SHAPED % "9", bytes(range(36))))
    whole = (tmp_path / "xy.npz").read_bytes()
    told = 0
    for place, byte in enumerate(whole):
        damaged = whole[:place] + bytes([byte ^ 16]) + whole[place + 1 :]
        (tmp_path / "xy.npz").write_bytes(damaged)
        try:
            assert ArrayFile(tmp_path / "xy.npz", "x").open().tobytes() == bytes(range(36))
        except DataError:
            told += 1
    assert 0 < told < len(whole)
