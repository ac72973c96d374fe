"""Stop a run from outside, between two batches.

Ctrl-C, SIGTERM, SIGUSR1 (what a cluster sends before it ends a job), SIGHUP (the connection drops)
and a time limit set a flag that training looks at after each batch; it saves and leaves. A second
Ctrl-C stops at once. Under nohup, SIGHUP is nothing.
"""

import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType

from snnrun.core.signals import NAMES, asked, heeded
from snnrun.errors import Interrupted

#: Names the process that started this one to train together with others.
PARENT = "SNNRUN_PARENT"

HINT = "stopping after this batch, and saving; Ctrl-C again stops at once, without saving"


class Stop:
    """A context, also within itself, that collects requests to stop in ``reason`` and ``code``."""

    def __init__(self, limit_minutes: float | None = None) -> None:
        self.reason: str | None = None
        self.code = Interrupted.TERMINATED
        self._deadline = time.monotonic() + 60 * limit_minutes if limit_minutes else None
        self._parent = int(os.environ.get(PARENT, "0"))
        self._before: list[dict[signal.Signals, object]] = []

    def __enter__(self) -> "Stop":
        if (before := asked()) is not None:
            self._take(signal.Signals(before))
        main = threading.current_thread() is threading.main_thread()
        self._before.append({which: signal.signal(which, self._note) for which in heeded() if main})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for which, handler in self._before.pop().items():
            signal.signal(which, handler)  # type: ignore[arg-type]

    def requested(self) -> bool:
        """Whether the run is to stop now."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            self.reason = self.reason or "time limit"
        if self._parent and os.getppid() != self._parent:
            self.reason = self.reason or "the end of the process that started it"
        return self.reason is not None

    def _take(self, which: signal.Signals) -> None:
        self.reason = NAMES[which]
        if which == signal.SIGINT:
            self.code = Interrupted.KEYBOARD

    def _note(self, number: int, frame: FrameType | None) -> None:
        which = signal.Signals(number)
        self._take(which)
        if which == signal.SIGINT:
            print(f"\n{HINT}", file=sys.stderr)
            signal.signal(which, signal.default_int_handler)
