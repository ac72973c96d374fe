"""What the disk and its locks can do here, and files that are read whole."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl as fcntl
except ImportError:  # a system without it cannot lock
    fcntl = None  # type: ignore[assignment]


def sync(path: Path) -> None:
    """Flush a file or a directory entry to the disk; some file systems cannot flush the latter."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if not (path.is_dir() and error.errno in (errno.EINVAL, errno.ENOTSUP)):
            raise
    finally:
        os.close(handle)


def read_file(path: Path, most: int) -> bytes:
    """Return what a file holds, in bounded time and memory.

    Args:
        path: of a regular file, or of a link to one; a pipe or a device would never end.
        most: bytes that it may have.

    Raises:
        OSError: it is absent, no file, or larger.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            text = f"it holds {size:,} bytes; at most {most:,} are read"
            raise OSError(errno.EFBIG, text, str(path))
        return file.read(size)  # as many bytes are set aside before any is read


def is_input(path: Path) -> bool:
    """Tell whether a name means standard input, and no file: ``-``."""
    return str(path) == "-"


def open_file(path: Path) -> BinaryIO:
    """Open a regular file, or a link to one, to be read; a pipe or a device would never end.

    Raises:
        OSError: it is absent, or no file.
    """
    return os.fdopen(_opened(path, os.O_RDONLY), "rb")


def open_lock(path: Path) -> BinaryIO:
    """Open a regular file to be locked; it is made if it is absent.

    Raises:
        OSError: it is no file, or cannot be made.
    """
    return os.fdopen(_opened(path, os.O_RDWR | os.O_CREAT), "r+b")


def _opened(path: Path, how: int) -> int:
    handle = os.open(path, how | getattr(os, "O_NONBLOCK", 0), 0o666)
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a file", str(path))
    return handle


def real(path: Path) -> Path:
    """Return where a path leads; links that lead to themselves lead nowhere else."""
    return Path(os.path.realpath(path))


def kind_of(mode: int) -> str:
    """Say what lies at a path, from its mode.

    Example:
        >>> kind_of(Path("/").stat().st_mode)
        'a folder'
    """
    kinds = {
        stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFREG: "a file",
        stat.S_IFLNK: "a link",
    }  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "something else")
