"""Write files so that a reader never sees half of one, whatever stops the writer.

A file is written whole to a temporary name beside its place, flushed to the disk, and renamed; the
directory entry is flushed too. What is removed vanishes whole: it is renamed first.
"""

import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun.core.disk import sync
from snnrun.errors import DataError

_MARK = ".snnrun-"
#: Temporary names that earlier versions gave, of files that they made.
_EARLIER = re.compile(
    r"\.\d+\.(old\.)?(epoch_\d+(_batch_\d+)?|best|last|(config|sweep)\.yaml|live_accuracy\.png"
    r"|(environment|status|source)\.json|(metrics|history)\.jsonl|table\.(csv|md|pdf|png))"
)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into one clear message."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot write {what}: {error.strerror or error}") from error


def temporary_name(path: Path, mark: str = "") -> Path:
    """Return the name beside ``path`` under which this process prepares or keeps it."""
    return path.with_name(f"{_MARK}{os.getpid()}.{mark}{path.name}")


def is_temporary(name: str) -> bool:
    """Tell whether a name is one that we give to what is not finished, or on its way out.

    Example:
        >>> is_temporary(".snnrun-71.epoch_0003"), is_temporary(".71.status.json")
        (True, True)
        >>> is_temporary(".2024.notes"), is_temporary("epoch_0003")
        (False, False)
    """
    return name.startswith(_MARK) or _EARLIER.fullmatch(name) is not None


def remove_temporary_files(folder: Path, age: float = -math.inf) -> None:
    """Remove what lies in ``folder`` under temporary names; none may be in use.

    Args:
        folder: the folder.
        age: seconds for which nobody wrote to it.
    """
    for entry in folder.iterdir():
        if is_temporary(entry.name) and _age(entry) > age:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Return for how many seconds nobody wrote to a file; 0 where it has gone meanwhile."""
    try:
        return max(0.0, time.time() - path.lstat().st_mtime)
    except FileNotFoundError:
        return 0.0


def remove_folder(path: Path) -> None:
    """Remove a folder at once: whoever looks finds it whole or not at all."""
    gone = temporary_name(path, "gone.")
    with disk_errors(str(path)):
        path.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def write_atomic(path: Path, write: Callable[[Path], object], durable: bool = True) -> None:
    """Let ``write`` fill a temporary file and put it in the place of ``path`` in one step.

    Args:
        path: the file to make or replace.
        write: called with the temporary path, which ends as ``path`` does.
        durable: flush to the disk before the rename; a picture that is redrawn need not be.

    Raises:
        DataError: the disk is full, the directory read-only, ...; the old file is intact.
    """
    temporary = temporary_name(path)
    with disk_errors(str(path)):
        try:
            write(temporary)
            if durable:
                sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        if durable:
            sync(path.parent)


def refuse_read_only(folder: Path) -> None:
    """Make a folder, and see whether files can be made in it.

    Raises:
        DataError: they cannot.
    """
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        probe = temporary_name(folder / "probe")
        try:
            probe.touch()
        finally:
            probe.unlink(missing_ok=True)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """Write a text file atomically."""
    write_atomic(path, lambda temporary: temporary.write_text(text, encoding="utf-8"), durable)
