"""The data folder, and idx files whole and damaged."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from snnrun.data.files import data_folder, read_idx
from snnrun.errors import DataError

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
