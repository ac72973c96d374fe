"""A run folder has one owner: who trains it holds a lock that the system drops with the process.

The lock is on the file ``lock`` in the run folder, held from before anything is read until after
the last write. So a process that died, or another one that got its number, never blocks; the file
itself may stay. It names its owner while there is one, for the message that others get, and because
file systems that several machines share may keep locks to each of them: the owner touches the file
every minute, and one on another machine counts for five minutes after that. Later it takes
``--force`` to go on. Readers take no lock.
"""

import errno
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from snnrun.core.disk import fcntl, kind_of
from snnrun.errors import DataError
from snnrun.runs.files import disk_errors, refuse_folders, refuse_links

LOCK = "lock"
#: What a training writes into beside the run folder itself.
FOLDERS = ("checkpoints", "plots", "tensorboard", "wandb", "superseded")
#: Files that it writes whole; what is in their place is found before anything is moved.
FILES = (
    "config.yaml", "environment.json", "status.json", "summary.json", "diverged.json",
    "loggers.json",
    "metrics.jsonl", "history.jsonl", "checkpoints/last", "checkpoints/best",
)  # fmt: skip
#: Seconds between two signs of life, and until one that gives none counts no more.
BEAT, SILENT = 60.0, 300.0
_held: set[int] = set()
_BUSY = (errno.EAGAIN, errno.EACCES)


class Taken(DataError):
    """Another process holds the lock, or may still hold it."""


@contextmanager
def owned(folder: Path, force: bool = False) -> Iterator[None]:
    """Own a run folder inside the block.

    Args:
        folder: the run folder.
        force: go on although an owner on another machine, not heard of for minutes, never said that
            it had ended.

    Raises:
        Taken: another process owns it.
        DataError: it, or a folder in it, cannot be written, or is a link to elsewhere; a folder is
            in the place of a file.
    """
    refuse_links(folder, FOLDERS)
    refuse_folders(folder, FILES)
    with held(folder / LOCK, str(folder), force):
        yield


@contextmanager
def held(path: Path, what: str, force: bool = False) -> Iterator[None]:
    """Hold a lock inside the block.

    Args:
        path: its file, in a folder that is there.
        what: what is trained meanwhile, as others are told.
        force: as in :func:`owned`.

    Raises:
        Taken: another process holds it.
        DataError: it cannot be written, or is no file.
    """
    with disk_errors(str(path)):
        handle = _opened(path, os.O_RDWR | os.O_CREAT)
    try:
        owner = _owner(handle)
        if not _taken(handle):
            raise Taken(f"{what} is being trained{_by(owner)}")
        if owner and owner.is_elsewhere:
            _refuse(what, owner, _silence(handle), force)
        with disk_errors(str(path)):
            _write(handle, {"process": os.getpid(), "host": socket.gethostname()})
        _held.add(handle)
        try:
            with beating(lambda: os.utime(handle)):
                yield
        finally:  # who is stopped, or fails, says that it has ended, as who finishes does
            with suppress(OSError):
                os.ftruncate(handle, 0)
    finally:
        _held.discard(handle)
        os.close(handle)


def is_owned(folder: Path) -> bool:
    """Tell whether a process owns a run folder now."""
    return is_held(folder / LOCK)


def is_held(path: Path) -> bool:
    """Tell whether a process holds a lock now."""
    if fcntl is None:
        return False
    try:
        handle = _opened(path, os.O_RDONLY)
    except (OSError, DataError):
        return False
    try:
        owner = _owner(handle)
        if owner and owner.is_elsewhere and time.time() - os.fstat(handle).st_mtime < SILENT:
            return True
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return error.errno in _BUSY
    finally:
        os.close(handle)


class _Owner(NamedTuple):
    process: int
    host: str

    @property
    def is_elsewhere(self) -> bool:
        return self.host != socket.gethostname()


def _opened(path: Path, how: int) -> int:
    """Open the lock itself: not what it leads to, nor what never answers.

    Raises:
        DataError: it is no file.
    """
    with suppress(FileNotFoundError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            raise DataError(f"{path} is {kind_of(mode)}; expected a file of snnrun; remove it")
    return os.open(path, how | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)


def _owner(handle: int) -> _Owner | None:
    """Return who owns the lock, as far as the file tells."""
    try:
        owner = json.loads(os.pread(handle, 4096, 0))
        return _Owner(int(owner["process"]), str(owner["host"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write(handle: int, owner: dict[str, object]) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(owner).encode(), 0)


def _silence(handle: int) -> float:
    """Return for how many seconds the owner has not touched it, by the file system's clock."""
    before = os.fstat(handle)
    os.utime(handle)
    now = os.fstat(handle).st_mtime
    os.utime(handle, ns=(before.st_atime_ns, before.st_mtime_ns))
    return max(0.0, now - before.st_mtime)


def _refuse(what: str, owner: _Owner, silence: float, force: bool) -> None:
    """Refuse a lock whose owner on another machine may still be there.

    Raises:
        Taken: it gave a sign of life lately; or it did not end by itself, and nothing was said.
    """
    if silence < SILENT:
        raise Taken(
            f"{what} is being trained{_by(owner)}, which was heard of {silence:.0f} s ago; if it "
            f"has ended, wait for {SILENT - silence:.0f} s"
        )
    if not force:
        raise Taken(
            f"{what} was being trained{_by(owner)}, which was last heard of "
            f"{silence / 60:.0f} min ago; if it has ended, go on with --force"
        )


@contextmanager
def beating(beat: Callable[[], object]) -> Iterator[None]:
    """Call something every minute inside the block, whatever becomes of it."""
    done = threading.Event()

    def go_on() -> None:
        while not done.wait(BEAT):
            with suppress(Exception):
                beat()

    thread = threading.Thread(target=go_on, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _let_go() -> None:
    """A process that is forked off, to read samples, does not hold the lock of its parent."""
    for handle in _held:
        os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _taken(handle: int) -> bool:
    """Take the lock; a file system that cannot lock gives it to everybody."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _BUSY
    return True


def _by(owner: _Owner | None) -> str:
    return "" if owner is None else f" by process {owner.process} on {owner.host}"
