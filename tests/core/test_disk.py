"""Files that are read whole: of a bounded size, and nothing that never ends."""

import os
from pathlib import Path

import pytest

from snnrun.core.disk import read_file


def test_a_file_and_a_link_to_one_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("file")
    assert read_file(tmp_path / "file", 3) == read_file(tmp_path / "link", 9) == b"abc"


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for path, kind in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "link", "a pipe"),
        (tmp_path, "a folder"),
        (Path("/dev/zero"), "a device"),
    ):
        with pytest.raises(OSError, match=f"it is {kind}, not a file"):
            read_file(path, 9)


def test_what_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(2**42)
    with pytest.raises(OSError, match="it holds 4,398,046,511,104 bytes; at most 1,000 are read"):
        read_file(tmp_path / "file", 1000)
