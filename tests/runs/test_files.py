"""Atomic writes: a reader sees the old file or the new one, never half of one."""

import pytest

from snnrun.errors import DataError
from snnrun.runs.files import write_atomic, write_text


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "status.json"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"cannot write .*status.json: No space left on device"):
        write_atomic(path, half)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]


def test_the_new_file_is_in_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    seen = []

    def write(temporary):
        temporary.write_text("new")
        seen.append(path.read_text())

    write_atomic(path, write)
    assert seen == ["old"]
    assert path.read_text() == "new"


def test_a_folder_that_is_absent_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*absent/a.txt: No such file"):
        write_text(tmp_path / "absent" / "a.txt", "x")
