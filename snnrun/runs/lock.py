"""A run folder has one owner: who trains it holds a lock that the system drops with the process.

The lock is on the file ``lock`` in the run folder, held from before anything is read until after
the last write. So a process that died, or another one that got its number, never blocks; the file
itself may stay. It names its owner, for the message that others get. Readers take no lock.
"""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun.core.disk import fcntl
from snnrun.errors import DataError
from snnrun.runs.files import disk_errors

LOCK = "lock"
_held: set[int] = set()
_BUSY = (errno.EAGAIN, errno.EACCES)


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own a run folder inside the block.

    Raises:
        DataError: another process owns it; or the folder cannot be written.
    """
    path = folder / LOCK
    with disk_errors(str(path)):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _taken(handle):
            raise DataError(f"{folder} is being trained{_by(path)}")
        os.ftruncate(handle, 0)
        owner = {"process": os.getpid(), "host": socket.gethostname()}
        os.write(handle, json.dumps(owner).encode())
        _held.add(handle)
        yield
    finally:
        _held.discard(handle)
        os.close(handle)


def is_owned(folder: Path) -> bool:
    """Tell whether a process owns a run folder now."""
    path = folder / LOCK
    if fcntl is None or not path.is_file():
        return False
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return error.errno in _BUSY
    finally:
        os.close(handle)


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


def _by(path: Path) -> str:
    """Say who owns the lock, as far as it is known."""
    try:
        owner = json.loads(path.read_bytes())
        return f" by process {int(owner['process'])} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
