"""Output that never fails: a terminal may be closed, or know fewer characters than we do.

What a command answers is not to be lost unseen, though: where a file could not be written, or a
reader has gone, that is remembered, and the code that the process ends with tells it.
"""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

#: The code of a program whose reader has gone, as a shell tells of one that the signal ended.
READER_GONE = 128 + getattr(signal, "SIGPIPE", 13)
#: What there is no listener for, rather than no room: a terminal that has gone, a closed stream.
_NOBODY = (errno.EBADF, errno.EIO)


class Telling:
    """A stream whose loss is no error: once it cannot be written, what is said goes nowhere.

    Args:
        stream: the stream.
        pipe: whether to raise where a reader has gone, as programs do that write for one.
    """

    def __init__(self, stream: TextIO, pipe: bool = False) -> None:
        self._stream, self.pipe = stream, pipe
        self._lost: OSError | None = None
        with suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]

    @property
    def lost(self) -> OSError | None:
        """Why something could not be written that somebody may want; None: nothing was lost."""
        return self._lost or getattr(self._stream, "lost", None)

    def write(self, text: str) -> int:
        """Write text, or nothing."""
        with self._forgiven():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        with self._forgiven():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _forgiven(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:  # ValueError: it was closed
            if isinstance(error, OSError) and error.errno not in _NOBODY:
                self._lost = self._lost or error
            if self.pipe and isinstance(error, BrokenPipeError):
                raise
            with suppress(OSError, ValueError, AttributeError):
                to_nowhere(self._stream)


def to_nowhere(stream: TextIO) -> None:
    """Let what is written, and what still waits to be, go nowhere."""
    number = stream.fileno()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)


@contextmanager
def telling() -> Iterator[Telling]:
    """Let standard output and errors never fail inside the block, nor be absent.

    Yields:
        Standard output.
    """
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:
        sys.stdout = said = Telling(sys.stdout or nowhere, pipe=True)
        sys.stderr = Telling(sys.stderr or nowhere)
        try:
            yield said
        except SystemExit:
            if isinstance(said.lost, BrokenPipeError):  # typer has a code of its own for it
                raise SystemExit(READER_GONE) from None
            raise
        finally:
            said.pipe = False  # what goes on outside is not to be replaced by this
            said.flush()
            sys.stdout, sys.stderr = before
