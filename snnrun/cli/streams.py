"""Output that never fails: a terminal may be closed, or know fewer characters than we do."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class Telling:
    """A stream whose loss is no error: once it cannot be written, what is said goes nowhere.

    Args:
        stream: the stream; None where the program was started without it.
        pipe: whether to raise where a reader has gone, as programs do that write for one.
    """

    def __init__(self, stream: TextIO | None, pipe: bool = False) -> None:
        self._stream, self._pipe = stream or open(os.devnull, "w"), pipe
        with suppress(AttributeError, OSError, ValueError):
            self._stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]

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
            if self._pipe and isinstance(error, BrokenPipeError):
                raise
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextmanager
def telling() -> Iterator[None]:
    """Let standard output and errors never fail inside the block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Telling(sys.stdout, pipe=True), Telling(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
