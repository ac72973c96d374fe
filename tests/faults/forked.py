"""Commands in processes that are forked off: quick to start, and anything may become of them."""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

import snnrun.api  # noqa: F401  imported once, for all processes that are forked off
from snnrun.__main__ import main as snnrun_main
from snnrun.core.signals import NAMES


@dataclass(frozen=True)
class Done:
    """What became of a command.

    code: its exit code, or, below 0, the signal that ended it; None: it took too long.
    text: what it printed.
    seconds: that it took.
    """

    code: int | None
    text: str
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether it said what there was to say, and nothing that a user cannot understand."""
        ended = self.code is not None and self.code not in (1, -signal.SIGSEGV, -signal.SIGABRT)
        return ended and "Traceback" not in self.text and "unexpected" not in self.text


class Command:
    """``snnrun`` with some arguments, running.

    Args:
        arguments: of the command.
        before: called in its process first.
    """

    def __init__(self, *arguments: object, before: Callable[[], object] = lambda: None) -> None:
        self._output, self._begun = tempfile.TemporaryFile(), time.monotonic()
        self.process = os.fork()
        if not self.process:
            _run(list(map(str, arguments)), before, self._output.fileno())

    def send(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        if os.waitid(os.P_PID, self.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self.process, number)

    def wait(self, limit: float = 900.0) -> Done:
        """Return what became of it; it has so many seconds."""
        deadline, code = time.monotonic() + limit, None
        while time.monotonic() < deadline:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                code = os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.002)
        else:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        self._output.seek(0)
        text = self._output.read().decode("utf-8", "replace")
        self._output.close()
        return Done(code, text, time.monotonic() - self._begun)


def _run(arguments: list[str], before: Callable[[], object], output: int) -> None:
    """Be the process of a command; this never returns."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, handle in ((0, nothing), (1, output), (2, output)):
            os.dup2(handle, number)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))
        for number in NAMES:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        torch.set_num_threads(1)
        sys.argv = ["snnrun", *arguments]
        before()
        snnrun_main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # told by the text; nothing may go on in the copy of the process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def only_folder(folder: Path) -> Path | None:
    """Return the run folder that a training made in a folder, if it came to that."""
    found = [path for path in folder.glob("*") if (path / "config.yaml").is_file()]
    return found[0] if found else None
