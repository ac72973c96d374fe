"""Folders in which nothing can be written, for root too, whom permissions do not bind.

Python asks its audit hooks before it opens, makes, renames or removes a file; one of ours refuses
that within such folders, with the error of a file system that is mounted to be read.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHANGES = {
    "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink",
    "os.utime", "os.chmod",
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_folders: list[str] = []
_hooked: list[bool] = []  # a hook stays as long as the process


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if not _folders:
        return
    if event == "open":
        path, _, flags = arguments
        paths = [path] if isinstance(flags, int) and flags & _WRITING else []
    else:
        paths = list(arguments) if event in _CHANGES else []
    for each in paths:
        if isinstance(each, str | bytes | os.PathLike) and _within(os.fsdecode(each)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fsdecode(each))


def _within(path: str) -> bool:
    whole = os.path.abspath(path)
    return any(whole == folder or whole.startswith(folder + os.sep) for folder in _folders)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nothing be written in a folder, inside the block."""
    if not _hooked:
        sys.addaudithook(_refuse)
        _hooked.append(True)
    _folders.append(os.path.abspath(folder))
    try:
        yield
    finally:
        _folders.pop()
