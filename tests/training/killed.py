"""Goes on with copies of a run, each killed at another step of its last save; for test_keeping.

A process of its own, with one thread, for a process with several cannot be forked safely.

    python -m tests.training.killed RUN FOLDER LAST_EPOCH
"""

import builtins
import io
import os
import shutil
import sys
from pathlib import Path

from snnrun.core.position import Position
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training

#: What changes a disk; a kill falls before one of these, or after a file was opened.
STEPS = ("mkdir", "rename", "replace", "fsync", "unlink", "rmdir", "ftruncate")
KILLED = 9


def kill_at(step: int, last: Position) -> None:
    """End this process at a step of the save of ``last``, as SIGKILL would: nothing cleans up."""
    left, armed = step, False

    def counted(call, after=False):
        def counts(*arguments, **named):
            nonlocal left
            done = call(*arguments, **named) if after else None
            if armed:
                left -= 1
                if left < 0:
                    os._exit(KILLED)
            return done if after else call(*arguments, **named)

        return counts

    write = Training.write

    def arms(training):
        nonlocal armed
        armed = training.at == last
        write(training)
        armed = False

    os.fsync = os.fstat  # nobody cuts the power: no waiting for the disk
    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    builtins.open = io.open = counted(open, after=True)  # a file that is there, but empty
    Training.write = arms


def main() -> None:
    begun, folder, last = RunDir(sys.argv[1]), Path(sys.argv[2]), Position(int(sys.argv[3]))
    training = Training(begun.experiment())
    training.load(checkpoint.open_epoch(begun.checkpoints))
    for step in range(1000):
        copy = RunDir(shutil.copytree(begun.path, folder / f"step_{step:03d}"))
        child = os.fork()
        if not child:
            kill_at(step, last)
            training.start(copy)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != KILLED:
            sys.exit(code)


if __name__ == "__main__":
    main()
