"""Signals that ask this process to end, from its first instant on.

Where nothing can be saved they raise :class:`Ended`, which unwinds as Ctrl-C does, so that files
are whole or absent; one more ends the process at once. A training collects them instead
(:mod:`snnrun.training.stopping`), and saves.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: What people call the signals that ask a process to end.
NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"} | {
    getattr(signal, name): name for name in ("SIGUSR1", "SIGHUP") if hasattr(signal, name)
}


#: Numbers of the signals that came; Python drops what a handler raises within some callbacks.
_came: list[int] = []


class Ended(BaseException):
    """The process is asked to end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {NAMES[signal.Signals(number)]}")
        self.code = 128 + number


def heeded() -> list[signal.Signals]:
    """Return the signals that count here: under nohup, SIGHUP is nothing."""
    return [
        which
        for which in NAMES
        if signal.getsignal(which) != signal.SIG_IGN or which == signal.SIGINT
    ]


def asked() -> int | None:
    """Return the number of a signal that asked this process to end; None: none did."""
    return _came[0] if _came else None


@contextmanager
def told() -> Iterator[None]:
    """Let a signal inside the block end the process with a line and the code 128 + its number."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        _came.append(number)
        if os.getpid() != process:  # one that was forked off, to read samples
            os.kill(os.getpid(), number)
        raise Ended(number)

    before = {which: signal.signal(which, end) for which in heeded()}
    try:
        yield
    except Ended as error:
        if os.environ.get("RANK", "0") == "0":
            print(f"snnrun: {error}", file=sys.stderr)
        raise SystemExit(error.code) from None
    finally:
        _came.clear()
        for which, handler in before.items():
            signal.signal(which, handler)
