"""Write files so that a reader never sees half of one, whatever stops the writer.

A file is written whole to a temporary name beside its place, flushed to the disk, and renamed; the
directory entry is flushed too. What is removed vanishes whole: it is renamed first.
"""

import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun.core.disk import real, sync
from snnrun.errors import DataError

_OURS = re.compile(r"\.snnrun-\d+[-.].+")
#: Temporary names that earlier versions gave to files and folders that they made.
_EARLIER = re.compile(
    r"\.\d+\.(old\.)?(?:(?P<folder>epoch_\d+(_batch_\d+)?)|best|last|(config|sweep)\.yaml"
    r"|live_accuracy\.png|(environment|status|source)\.json|(metrics|history)\.jsonl"
    r"|table\.(csv|md|pdf|png))"
)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into one clear message."""
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot write {what}: {error.strerror or error}") from error


@contextmanager
def _told_by_own_name(temporary: Path, path: Path) -> Iterator[None]:
    """Let a message name what is to be made, not what it is called until it is whole."""
    try:
        yield
    except DataError as error:
        if str(temporary) not in str(error):
            raise
        raise type(error)(str(error).replace(str(temporary), str(path))) from error


def temporary_name(path: Path, mark: str = "") -> Path:
    """Return a name beside ``path`` to prepare or to keep it under, which nobody else has."""
    return path.with_name(f".snnrun-{os.getpid()}-{secrets.token_hex(3)}.{mark}{path.name}")


def is_temporary(name: str, folder: bool = False) -> bool:
    """Tell whether a name is one that we give to what is not finished, or on its way out.

    Args:
        name: of a file, or of a folder.
        folder: which of them it is.

    Example:
        >>> is_temporary(".snnrun-71-0aef53.best"), is_temporary(".71.status.json")
        (True, True)
        >>> is_temporary(".71.epoch_0003"), is_temporary(".71.epoch_0003", folder=True)
        (False, True)
        >>> is_temporary(".2024.notes"), is_temporary(".snnrun-notes"), is_temporary("epoch_0003")
        (False, False, False)
    """
    earlier = _EARLIER.fullmatch(name)
    return bool(_OURS.fullmatch(name)) or bool(earlier and bool(earlier["folder"]) == folder)


def remove_temporary_files(folder: Path, age: float = -math.inf) -> None:
    """Remove what lies in ``folder`` under temporary names; none may be in use.

    Args:
        folder: the folder.
        age: seconds for which nobody wrote to it.
    """
    for entry in folder.iterdir():
        is_folder = entry.is_dir() and not entry.is_symlink()
        if is_temporary(entry.name, is_folder) and _age(entry) > age:
            remove(entry)


def _age(path: Path) -> float:
    """Return for how many seconds nobody wrote to a file; 0 where it has gone meanwhile."""
    try:
        return max(0.0, time.time() - path.lstat().st_mtime)
    except FileNotFoundError:
        return 0.0


def remove(path: Path) -> None:
    """Remove what lies there, if anything does: a file, a link, a folder with all that it holds."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which comes to lie at ``path`` whole, at the end, or never.

    Args:
        path: where nothing is, or an empty folder.

    Raises:
        DataError: something lies there, or it cannot be written.
    """
    with disk_errors(str(path)):
        refuse_occupied(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        made = temporary_name(path)
        made.mkdir()
    try:
        with _told_by_own_name(made, path):
            yield made
        with disk_errors(str(path)):
            made.rename(path)
            sync(path.parent)
    finally:
        remove(made)


def refuse_occupied(path: Path) -> None:
    """Refuse a place at which something lies, but for an empty folder.

    Raises:
        DataError: something does.
    """
    if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
        raise DataError(f"{path} is there already; it was left as it is; choose a new folder")


def refuse_links(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write into folders that only seem to lie in a run folder.

    Args:
        folder: the run folder.
        names: of folders in it.

    Raises:
        DataError: one of them is a link that leads out of it.
    """
    for name in names:
        path = folder / name
        if path.is_symlink() and not real(path).is_relative_to(real(folder)):
            raise DataError(
                f"{path} is a link that leads out of the run folder; expected a folder of its own: "
                f"nothing is written to {real(path)}"
            )


def refuse_folders(folder: Path, names: Iterable[str]) -> None:
    """Refuse folders in the place of files that are to be written whole.

    Raises:
        DataError: naming the first.
    """
    for name in names:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            raise DataError(f"{path} is a folder; expected a file of snnrun; remove it")


def remove_folder(path: Path) -> None:
    """Remove a folder at once: whoever looks finds it whole or not at all."""
    gone = temporary_name(path, "gone.")
    with disk_errors(str(path)):
        path.rename(gone)
    remove(gone)


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
            with _told_by_own_name(temporary, path):
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
