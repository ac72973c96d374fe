"""The process of a logger that may wait for a network: passes on what a training tells it.

:class:`snnrun.loggers.apart.Apart` starts it, as ``python -m snnrun.loggers.process PARENT``, with
the file of messages as its input. Warnings stand in its output, a line each; where it ends with 1,
what is wrong is the last one.
Stopping is the business of the training: signals that reach both mean nothing here.
"""

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snnrun import plugins
from snnrun.core.registry import first_line
from snnrun.errors import SnnrunWarning
from snnrun.loggers import LOGGERS
from snnrun.loggers.logger import Ending, Logger
from snnrun.loggers.secrets import without_secrets
from snnrun.loggers.spool import REMARK, messages

#: Seconds that are left where the training is gone without a word, and between two looks for it.
ORPHANED, LOOK = 60.0, 1.0
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


def main() -> None:
    """Serve, and end at once: what libraries still wait for at the end of a process is skipped."""
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    os.nice(10)  # the training goes first
    parent, told = int(sys.argv[1]), os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)

    def tell(text: str) -> None:
        os.write(told, f"{text}\n".encode())

    def warn(message: Warning | str, category: type[Warning], *_: Any) -> None:
        if issubclass(category, SnnrunWarning):
            tell(f"{REMARK}{without_secrets(str(message), os.environ)}")

    def alone() -> bool:
        return os.getppid() != parent

    warnings.showwarning = warn  # type: ignore[assignment]

    threading.Thread(target=_end_soon_after, args=(alone,), daemon=True).start()
    try:
        serve(0, alone)
    except BaseException as error:
        tell(reason(error))
        os._exit(1)
    os._exit(0)


def serve(file: int, alone: Callable[[], bool]) -> None:
    """Make the logger that the first messages name, and pass the others on.

    Args:
        file: of messages: where plug-ins lie, settings, then names of methods with arguments.
        alone: tells whether the training is gone.
    """
    every = messages(file, alone)
    for name, folder in next(every, ()):
        plugins.load(name, Path(folder))
    settings = next(every, None)
    if settings is None:
        return
    logger: Logger = LOGGERS.entry_of(settings).load()(settings)
    for method, arguments in every:
        getattr(logger, method)(*arguments)
        if method == "end":
            return
    logger.end(Ending("killed", {}))


def reason(error: BaseException) -> str:
    """Say in a line what is wrong, without what nobody else may know."""
    return without_secrets(f"{type(error).__name__}: {first_line(error)}", os.environ)


def _end_soon_after(alone: Callable[[], bool]) -> None:
    """End this process a while after the training, however long a network may take."""
    while not alone():
        time.sleep(LOOK)
    time.sleep(ORPHANED)
    os._exit(1)


if __name__ == "__main__":
    main()
