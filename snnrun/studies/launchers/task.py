"""What a job does: the command that was given here, in a process of its own there."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from snnrun.studies.jobs import WORKER
from snnrun.training.stopping import PARENT


class Unfinished(Exception):
    """The command did not end well.

    Args:
        code: its exit code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"the command ended with code {self.code}"


@dataclass(frozen=True)
class Task:
    """A command of ours.

    arguments: of ``snnrun``.
    folder: in which the command was given.
    threads: that it may use, unless the job says otherwise.
    log: the file to which it says what it says; None: wherever the job does.
    """

    arguments: Sequence[str]
    folder: str
    threads: int = 1
    log: str | None = None

    def __call__(self) -> None:
        """Run the command.

        Raises:
            Unfinished: it did not end well.
        """
        with ExitStack() as stack:
            output = stack.enter_context(open(self.log, "ab")) if self.log else None
            code = self.begin(output).wait()
        if code:
            raise Unfinished(code if code > 0 else 128 - code)

    def command(self) -> list[str]:
        """Return the command with the program before it."""
        return [sys.executable, "-m", "snnrun", *self.arguments]

    def begin(self, output: object = None) -> "subprocess.Popen[bytes]":
        """Start the command; it saves and ends where this process is gone."""
        environment = {
            "OMP_NUM_THREADS": str(self.threads),
            **os.environ,
            PARENT: str(os.getpid()),
            WORKER: "1",
        }
        process: subprocess.Popen[bytes] = subprocess.Popen(
            self.command(),
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,  # type: ignore[call-overload]
            stderr=output,
        )
        return process
