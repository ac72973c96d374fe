"""What the disk and its locks can do here."""

import errno
import os
from pathlib import Path

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
