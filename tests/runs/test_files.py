"""Atomic writes: a reader sees the old file or the new one, never half of one."""

import errno
import os

import pytest

from snnrun.errors import DataError
from snnrun.runs import files
from snnrun.runs.files import (
    is_temporary,
    refuse_links,
    remove_folder,
    remove_temporary_files,
    sync,
    temporary_name,
    whole_folder,
    write_atomic,
    write_text,
)
from snnrun.runs.lines import append_lines


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
        seen.append((path.read_text(), is_temporary(temporary.name)))

    write_atomic(path, write)
    assert seen == [("old", True)]
    assert path.read_text() == "new"


def test_a_folder_that_is_absent_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*absent/a.txt: No such file"):
        write_text(tmp_path / "absent" / "a.txt", "x")


OURS = [
    ".snnrun-71.status.json", ".snnrun-71-0aef53.old.epoch_0003", ".snnrun-71-0aef53.gone.epoch_03",
]  # fmt: skip
EARLIER_FILES = [
    ".71.best", ".71.config.yaml", ".71.metrics.jsonl", ".71.live_accuracy.png", ".71.table.csv",
]  # fmt: skip
EARLIER_FOLDERS = [".71.epoch_0003", ".71.old.epoch_0003_batch_0002"]
FOREIGN = [
    ".123.notes", ".2024.config.yaml.bak", ".git", ".71.epoch_0003.txt", ".71.old", "71.best",
    ".nfs0001.status.json", "snnrun-71.status.json", ".snnrun", ".snnrun-notes", ".epoch_0003",
    "epoch_0003", "notes",
]  # fmt: skip


@pytest.mark.parametrize("folders", [True, False])
def test_only_what_snnrun_made_is_removed(tmp_path, folders):
    """Every hidden name that began with a number was removed, people's own notes too, and folders
    with the names of files.
    """
    for name in [*OURS, *EARLIER_FILES, *EARLIER_FOLDERS, *FOREIGN]:
        if folders:
            (tmp_path / name / "inside").mkdir(parents=True)
        else:
            (tmp_path / name).write_text("x")
    remove_temporary_files(tmp_path)
    others = EARLIER_FILES if folders else EARLIER_FOLDERS
    assert sorted(os.listdir(tmp_path)) == sorted([*FOREIGN, *others])


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").write_text("x")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".snnrun-71.epoch_0001").symlink_to(tmp_path / "mine")
    remove_temporary_files(tmp_path / "run")
    assert os.listdir(tmp_path / "run") == []
    assert (tmp_path / "mine" / "data").read_text() == "x"


def test_the_names_that_we_give_are_ours(tmp_path):
    assert is_temporary(temporary_name(tmp_path / "table.csv").name)
    assert is_temporary(temporary_name(tmp_path / "epoch_0001", "old.").name)
    assert temporary_name(tmp_path / "a.png").suffix == ".png"


def test_a_folder_vanishes_whole(tmp_path, monkeypatch):
    """Killed in between, half a checkpoint was left under its own name."""
    folder = tmp_path / "epoch_0001"
    folder.mkdir()
    for name in ("meta.json", "state.json"):
        (folder / name).write_text("x")
    seen = []

    def killed(path, **_):
        (path / "meta.json").unlink()
        seen.extend(entry.name for entry in tmp_path.iterdir())

    monkeypatch.setattr(files.shutil, "rmtree", killed)
    remove_folder(folder)
    monkeypatch.undo()
    assert len(seen) == 1
    assert is_temporary(seen[0])
    remove_temporary_files(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("number", "of_folder"), [(errno.EINVAL, None), (errno.ENOTSUP, None),
                                                   (errno.EIO, OSError)])  # fmt: skip
def test_a_file_system_need_not_flush_folders_but_must_flush_files(
    tmp_path, monkeypatch, number, of_folder
):
    """One that cannot flush folders ended training."""

    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", refuse)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=os.strerror(number)):
        sync(tmp_path / "file")
    if of_folder:
        with pytest.raises(of_folder):
            sync(tmp_path)
    else:
        sync(tmp_path)


def test_a_folder_comes_whole(tmp_path):
    with whole_folder(tmp_path / "new" / "place") as made:
        (made / "file").write_text("x")
        assert is_temporary(made.name, folder=True)
        assert not (tmp_path / "new" / "place").exists()
    assert os.listdir(tmp_path / "new") == ["place"]
    (tmp_path / "empty").mkdir()
    with whole_folder(tmp_path / "empty") as made:
        (made / "file").write_text("x")
    assert os.listdir(tmp_path / "empty") == ["file"]
    with pytest.raises(DataError, match="empty is there already"), whole_folder(tmp_path / "empty"):
        pytest.fail("it was taken")


def test_a_folder_that_cannot_be_filled_is_told_by_its_own_name(tmp_path):
    """A full disk was told with a temporary name, which nobody had typed."""
    with pytest.raises(DataError, match=f"^cannot write {tmp_path}/new/sub/a: .*"):
        with whole_folder(tmp_path / "new") as made:
            write_text(made / "sub" / "a", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_filled_is_told_by_its_own_name(tmp_path):
    with pytest.raises(DataError, match=f"^cannot write {tmp_path}/lines/no_folder: .*"):
        write_atomic(tmp_path / "lines", lambda made: append_lines(made / "no_folder", ["a"]))


def test_a_folder_that_a_link_leads_out_of_is_not_written(tmp_path):
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    for folder in (run / "inside", elsewhere):
        folder.mkdir(parents=True)
    (run / "within").symlink_to("inside")
    (run / "round").symlink_to("round")
    refuse_links(run, ["within", "absent", "inside", "round"])
    (run / "out").symlink_to(elsewhere)
    told = f"run/out is a link that leads out .* nothing is written to {elsewhere}"
    with pytest.raises(DataError, match=told):
        refuse_links(run, ["within", "out"])
