"""A logger in a process of its own: whatever becomes of that, training neither waits nor changes.

Messages go into a file without a name, so nothing is waited for, and as much may wait to be sent as
the disk holds. Only the end of a run waits, for a few seconds.
"""

import os
import signal
import subprocess
import sys
import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from snnrun import plugins
from snnrun.errors import WatcherWarning
from snnrun.loggers import LOGGERS
from snnrun.loggers.logger import Ending, Logger, RunInfo
from snnrun.loggers.settings import RemoteLoggerSettings
from snnrun.loggers.spool import REMARK, put


class LoggerError(Exception):
    """The process of a logger has ended, or does not end."""


class Apart(Logger):
    """Passes all that it is told on to a logger in another process."""

    settings: RemoteLoggerSettings
    _process: "subprocess.Popen[bytes] | None" = None
    _spool: IO[bytes]
    _told: IO[bytes]

    def __init__(self, settings: RemoteLoggerSettings) -> None:
        super().__init__(settings)
        self._files = ExitStack()
        self._heard = 0

    def begin(self, run: RunInfo, epoch: int) -> None:
        """Start the process."""
        self._spool = self._files.enter_context(TemporaryFile(dir=run.folder))
        self._told = self._files.enter_context(TemporaryFile(dir=run.folder))
        path = os.pathsep.join(str(Path(each).absolute()) for each in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "snnrun.loggers.process", str(os.getpid())],
            stdin=self._spool,
            stdout=self._told,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the training
        )
        put(self._spool.fileno(), plugins.places())
        put(self._spool.fileno(), self.settings)
        self._pass_on("begin", run, epoch)

    def go_back(self, epoch: int) -> None:
        """Pass it on."""
        self._pass_on("go_back", epoch)

    def numbers(self, epoch: int, values: Any) -> None:
        """Pass it on."""
        self._pass_on("numbers", epoch, values)

    def histogram(self, epoch: int, name: str, histogram: Any) -> None:
        """Pass it on."""
        self._pass_on("histogram", epoch, name, histogram)

    def figure(self, epoch: int, name: str, path: Path) -> None:
        """Pass it on."""
        self._pass_on("figure", epoch, name, path.absolute())

    def end(self, ending: Ending) -> None:
        """Wait until all is sent, for some seconds; then end the process.

        Raises:
            LoggerError: not all was sent.
        """
        try:
            process, seconds = self._pass_on("end", ending), self.settings.wait_seconds
            code = process.wait(seconds)
            self._hear()
            if code:
                raise LoggerError(self._reason(code))
        except subprocess.TimeoutExpired as error:
            raise LoggerError(
                f"not all was sent within {seconds:g} seconds of the end; {self.settings.unsent}"
            ) from error
        finally:
            self.release()

    def release(self) -> None:
        """End the process, if it has not ended, and give back what it took."""
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._files.close()

    def _pass_on(self, method: str, *arguments: Any) -> "subprocess.Popen[bytes]":
        """Leave a message; return the process that is to read it.

        Raises:
            LoggerError: it has ended; the text says why.
        """
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            raise LoggerError(self._reason(code))
        self._hear()
        put(self._spool.fileno(), (method, arguments))
        return self._process

    def _hear(self) -> None:
        """Tell what the logger warns of."""
        every = self._lines()
        for line in every[self._heard :]:
            if line.startswith(REMARK):
                name = LOGGERS.name_of(self.settings)
                text = f"the {name} logger: {line.removeprefix(REMARK)}"
                warnings.warn(WatcherWarning(text), stacklevel=2)
        self._heard = len(every)

    def _lines(self) -> list[str]:
        """Return the whole lines that the process told; nearly always there are none."""
        size = os.fstat(self._told.fileno()).st_size
        text = os.pread(self._told.fileno(), size, 0).decode(errors="replace")
        return text.split("\n")[:-1]

    def _reason(self, code: int) -> str:
        """Return why the process ended."""
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
        said = [line for line in self._lines() if not line.startswith(REMARK)]
        return said[-1] if said else f"its process ended by {how}"
