"""Write files so that a reader never sees half of one, whatever stops the writer.

A file is written whole to a temporary name beside its place, flushed to the disk, and renamed; the
directory entry is flushed too.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun.errors import DataError


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into one clear message."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot write {what}: {error.strerror or error}") from error


def sync(path: Path) -> None:
    """Flush a file or a directory entry to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def temporary_name(path: Path, mark: str = "") -> Path:
    """Return the name beside ``path`` under which this process prepares or keeps it."""
    return path.with_name(f".{os.getpid()}.{mark}{path.name}")


def clear_leftovers(folder: Path) -> None:
    """Remove what lies in ``folder`` under temporary names; none may be in use."""
    for entry in folder.iterdir():
        if re.match(r"\.\d+\.", entry.name):
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


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


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    write_atomic(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def whole_lines(path: Path) -> list[str]:
    """Return the lines of a file that grows; one cut off by a crash is left out.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines, each with its end, to a file that grows."""
    with disk_errors(str(path)), path.open("a", encoding="utf-8") as file:
        file.write("".join(lines))
