"""What becomes of calls that are right but for a few things: worked, refused, or found wanting.

Each call works, or raises a TypeError, ValueError or MemoryError that says something. Calls run in
processes of their own, a block at a time: a crash or a hang is seen, and the next ones go on.
"""

import faulthandler
import mmap
import os
import re
import resource
import signal
import struct
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from snnrun.kernels.native import native
from tests.kernels.hostile.calls import CALLS
from tests.kernels.hostile.graphs import REFUSED
from tests.kernels.hostile.spoiling import spoiled

ROOM = 2**31  # bytes that a process may take beside what it has
BLOCK = 2000  # calls of a process
SANITIZED = "san" in os.environ.get("LD_PRELOAD", "")
PATIENCE = 120 if SANITIZED else 10  # seconds, of a call

#: Words about C++, which mean nothing to the caller.
CLUMSY = re.compile(r"std::|vector|Unable to cast|basic_string|arr\.size")
#: A sanitizer ends the process where memory is refused; without it there is an exception.
NO_MEMORY = re.compile(r"out of memory|allocation-size-too-big|requested allocation size")


class Found(NamedTuple):
    """A call that neither worked nor was refused with a message."""

    seed: int
    what: str


def one(module: Any, seed: int) -> str:
    """Try the call of a seed; return "worked" or "refused", and raise what is neither."""
    random = Random(seed)
    name = list(CALLS)[seed % len(CALLS)]
    function, right = CALLS[name](module, random)
    try:
        function(**spoiled(random, right))
    except REFUSED as error:
        if (not str(error) and not isinstance(error, MemoryError)) or CLUMSY.search(str(error)):
            raise RuntimeError(f"{name}: it was refused with {error!r}") from error
        return "refused"
    return "worked"


class Blackboard:
    """What a process has come to, seen by the one that started it."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 24)

    def write(self, *numbers: int) -> None:
        self._shared[:] = struct.pack("3q", *numbers)

    def read(self) -> tuple[int, int, int]:
        """Return the seed, and how many have worked and were refused."""
        return struct.unpack("3q", self._shared[:])


def limit_memory(room: int) -> None:
    """Let the process take a little more than it has: counted by what it may write.

    Args:
        room: bytes.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return
    taken = re.search(r"VmData:\s+(\d+) kB", status.read_text())
    most = room + 1024 * int(taken[1]) if taken else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))


def _block(first: int, end: int, board: Blackboard) -> None:
    """Try the calls of some seeds, until one is found wanting."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(ROOM)
    counts = Counter[str]()
    for seed in range(first, end):
        board.write(seed, counts["worked"], counts["refused"])
        signal.alarm(PATIENCE)
        counts[one(native(), seed)] += 1
    signal.alarm(0)
    board.write(end, counts["worked"], counts["refused"])


def _ended(status: int, told: str) -> str | None:
    """Return what ended a process; None if that was memory which there is not."""
    if NO_MEMORY.search(told) and os.WIFEXITED(status):
        return None
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        what = "it hangs" if number == signal.SIGALRM else signal.Signals(number).name
    else:
        what = f"exit code {os.WEXITSTATUS(status)}"
    return f"{what}\n{told[-6000:]}".strip()


def fuzz(examples: int, first: int) -> tuple[Counter[str], list[Found]]:
    """Try the calls of seeds from `first` on; return how many worked, and all that were wanting."""
    native()
    counts, found, seed, board = Counter[str](), list[Found](), first, Blackboard()
    while seed < first + examples:
        end = min(seed + BLOCK, first + examples)
        with tempfile.TemporaryFile("w+", errors="replace") as told:
            child = os.fork()
            if not child:
                os.dup2(told.fileno(), 2)
                faulthandler.enable()
                try:
                    _block(seed, end, board)
                except BaseException as error:
                    print(repr(error), file=sys.stderr, flush=True)
                    os._exit(1)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            told.seek(0)
            words = told.read()
        seed, worked, refused = board.read()
        counts.update(worked=worked, refused=refused)
        if status:
            what = _ended(status, words)
            counts["refused" if what is None else "found"] += 1
            if what is not None:
                found.append(Found(seed, what))
            seed += 1
    return counts, found
