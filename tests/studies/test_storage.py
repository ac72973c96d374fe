"""Where workers agree on who does what, and what may become of that file."""

import json
import os

import pytest

from snnrun.errors import ConfigError, DataError
from snnrun.studies.storage import JOURNAL, WholeLines, open_study, storage_errors, where


def opened(folder, storage="journal"):
    return open_study(folder, storage, "name", "maximize")


@pytest.mark.parametrize("storage", ["journal", "sqlite"])
def test_what_one_worker_writes_another_reads(tmp_path, storage):
    one, two = opened(tmp_path, storage), opened(tmp_path, storage)
    one.enqueue_trial({}, {"case": 7})
    trial = two.ask()
    assert trial.user_attrs == {"case": 7}
    assert [each.state.name for each in one.get_trials()] == ["RUNNING"]
    two.tell(trial, 0.5)
    assert one.best_value == 0.5


def test_a_line_that_was_cut_off_is_cut_away(tmp_path):
    """The next one was written behind it, and then nobody could read the journal any more."""
    study = opened(tmp_path)
    study.enqueue_trial({}, {"case": 1})
    with (tmp_path / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":4,"worker_id"')
    opened(tmp_path).enqueue_trial({}, {"case": 2})
    assert [t.user_attrs["case"] for t in opened(tmp_path).get_trials()] == [1, 2]
    assert all(map(json.loads, (tmp_path / JOURNAL).read_text().splitlines()))


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"", b""),
        (b"a\n", b"a\n"),
        (b"a\nb", b"a\n"),
        (b"a", b""),
        (b"x\n" + b"b" * 200_000, b"x\n"),
    ],
)
def test_whole_lines_stay(tmp_path, content, kept):
    path = tmp_path / "journal"
    path.write_bytes(content)
    lock = WholeLines(path)
    lock.acquire()
    lock.release()
    assert path.read_bytes() == kept


def test_a_journal_that_is_damaged_is_one_line(tmp_path):
    opened(tmp_path)
    text = (tmp_path / JOURNAL).read_text()
    (tmp_path / JOURNAL).write_text("{no json}\n" + text)
    with pytest.raises(DataError, match=r"study.journal, cannot be used: JSONDecodeError: .*kept"):
        opened(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match=r"study.journal, cannot be used: PermissionError"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ("jornal", r"expected journal, sqlite, or a URL such as postgresql://host/name, got 'jo"),
        ("postgresql+nothing://host/name", "storage: Can't load plugin"),
        ("postgres://host/name", r"plugin: .*; did you mean postgresql://\?"),
        ("mysql+asyncmy://host/name", "needs a package that is not installed: pip install asyncmy"),
    ],
)
def test_a_storage_that_there_is_not(tmp_path, storage, message):
    with pytest.raises(ConfigError, match=message):
        opened(tmp_path, storage)


def test_passwords_are_not_told(tmp_path):
    assert where(tmp_path, "postgresql://me:secret@host:5/name") == "postgresql://host:5/name"
    with (
        pytest.raises(
            DataError, match="the storage of the sweep, here, cannot be used: OSError: a"
        ),
        storage_errors("here"),
    ):
        raise OSError("away")
