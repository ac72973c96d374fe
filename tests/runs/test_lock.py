"""A run folder has one owner, and a dead owner is none."""

import errno
import json
import os
import subprocess
import sys
import time
from socket import gethostname

import pytest

from snnrun.errors import DataError, Interrupted
from snnrun.runs import lock
from snnrun.runs.lock import is_owned, owned

OWNER = """
import sys
from pathlib import Path
from snnrun.runs.lock import owned
with owned(Path(sys.argv[1])):
    print("owned", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path):
    """Another process, which owns the folder until it ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "owned\n"
    yield process
    process.kill()
    process.communicate()


def test_the_owner_is_named(tmp_path, owner):
    assert is_owned(tmp_path)
    host = json.loads((tmp_path / "lock").read_text())["host"]
    named = rf"{tmp_path.name} is being trained by process {owner.pid} on {host}$"
    with pytest.raises(DataError, match=named), owned(tmp_path):
        pytest.fail("it has two owners")
    assert json.loads((tmp_path / "lock").read_text())["process"] == owner.pid
    assert is_owned(tmp_path)


def test_an_owner_that_was_killed_is_none(tmp_path, owner):
    owner.kill()
    owner.communicate()
    assert (tmp_path / "lock").is_file()
    assert not is_owned(tmp_path)
    with owned(tmp_path):
        assert is_owned(tmp_path)


def test_an_owner_that_is_done_is_none(tmp_path, owner):
    owner.communicate()
    with owned(tmp_path):
        assert json.loads((tmp_path / "lock").read_text())["process"] == os.getpid()


@pytest.mark.parametrize("living", [lambda: 1, os.getpid, os.getppid])
def test_a_number_that_a_living_process_got_later_blocks_nobody(tmp_path, living):
    """The number of a process that had died was taken for that of the run."""
    (tmp_path / "lock").write_text(json.dumps({"process": living(), "host": gethostname()}))
    assert not is_owned(tmp_path)
    with owned(tmp_path):
        assert is_owned(tmp_path)
        assert json.loads((tmp_path / "lock").read_text())["process"] == os.getpid()


def test_it_is_free_again_after_an_error(tmp_path):
    with pytest.raises(KeyError), owned(tmp_path):
        raise KeyError
    assert not is_owned(tmp_path)
    with owned(tmp_path):
        assert is_owned(tmp_path)
    assert not is_owned(tmp_path)


def test_asking_takes_nothing(tmp_path):
    assert not is_owned(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with owned(tmp_path):
        assert is_owned(tmp_path)
        assert is_owned(tmp_path)
    assert not is_owned(tmp_path)


def test_a_process_that_this_one_starts_does_not_own_it_too(tmp_path):
    """An open file that it inherits would hold the lock for as long as it runs."""
    command = [sys.executable, "-c", "print(0, flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with owned(tmp_path):
        child = subprocess.Popen(command, **pipes, close_fds=False)
        child.stdout.readline()
    try:
        assert not is_owned(tmp_path)
    finally:
        child.communicate(b"\n")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"process": "x", "host": "y"}', "\x00"])
def test_an_owner_that_says_nothing_is_still_one(tmp_path, owner, content):
    (tmp_path / "lock").write_text(content)
    with pytest.raises(DataError, match=r"is being trained$"), owned(tmp_path):
        pytest.fail("it has two owners")


def test_a_folder_that_cannot_be_written(tmp_path):
    absent = tmp_path / "absent"
    with pytest.raises(DataError, match=r"cannot write .*/lock: No such file"), owned(absent):
        pytest.fail("it was owned")


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOLCK])
def test_a_file_system_that_cannot_lock_stops_nobody(tmp_path, monkeypatch, number):
    class Unable:
        LOCK_EX = LOCK_SH = LOCK_NB = 0

        @staticmethod
        def flock(*_):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock, "fcntl", Unable)
    with owned(tmp_path):
        assert not is_owned(tmp_path)
    monkeypatch.setattr(lock, "fcntl", None)
    with owned(tmp_path):
        assert not is_owned(tmp_path)


# ---- owners on other machines, whose locks a shared file system may keep from this one ----


def of_another(folder, silent: float):
    """Leave the lock of an owner elsewhere, not heard of for so many seconds."""
    (folder / "lock").write_text(json.dumps({"process": 7, "host": "elsewhere"}))
    heard = time.time() - silent
    os.utime(folder / "lock", (heard, heard))


@pytest.mark.parametrize("force", [False, True])
def test_an_owner_elsewhere_counts_while_it_is_heard_of(tmp_path, force):
    of_another(tmp_path, 100)
    told = r"trained by process 7 on elsewhere, which was heard of 10\d s ago; .* (19|20)\d s$"
    for _ in range(2):  # who asks gives no sign of life
        assert is_owned(tmp_path)
        with pytest.raises(DataError, match=told), owned(tmp_path, force):
            pytest.fail("it has two owners")
    assert json.loads((tmp_path / "lock").read_text())["process"] == 7


def test_an_owner_elsewhere_that_fell_silent_is_told_of(tmp_path):
    of_another(tmp_path, 3600)
    assert not is_owned(tmp_path)
    told = r"was being trained by process 7 on elsewhere, .* 60 min ago; .* go on with --force$"
    with pytest.raises(DataError, match=told), owned(tmp_path):
        pytest.fail("nothing was said")
    with owned(tmp_path, force=True):
        assert json.loads((tmp_path / "lock").read_text())["process"] == os.getpid()


@pytest.mark.parametrize("error", [Interrupted("", 75, "SIGTERM"), KeyboardInterrupt()], ids=repr)
def test_who_is_stopped_says_that_it_has_ended(tmp_path, monkeypatch, error):
    """The next machine that a job ran on waited for five minutes, and then for --force."""
    with pytest.raises(type(error)), owned(tmp_path):
        raise error
    monkeypatch.setattr(lock.socket, "gethostname", lambda: "elsewhere")
    with owned(tmp_path):
        assert is_owned(tmp_path)


def test_an_owner_gives_signs_of_life_and_leaves_none(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0.01)
    with owned(tmp_path):
        os.utime(tmp_path / "lock", (0, 0))
        deadline = time.monotonic() + 30
        while (tmp_path / "lock").stat().st_mtime < 1e9:
            assert time.monotonic() < deadline, "it gave none"
            time.sleep(0.01)
    assert (tmp_path / "lock").read_bytes() == b""


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.symlink_to("foreign"), "a link"),
        (os.mkfifo, "a pipe"),
        (os.mkdir, "a folder"),
    ],
)
def test_a_lock_that_is_not_ours_is_refused_and_stays(tmp_path, make, kind):
    """What a link led to was overwritten."""
    (tmp_path / "foreign").write_text("mine")
    make(tmp_path / "lock")
    with pytest.raises(DataError, match=f"lock is {kind}; expected a file"), owned(tmp_path):
        pytest.fail("it was owned")
    assert not is_owned(tmp_path)
    assert (tmp_path / "foreign").read_text() == "mine"
