"""Trials by their seeds, in processes of their own, so that whatever breaks one is seen.

A trial is a function of a seed: it draws what it tries from that, and returns a word for what
became of it. If it raises, crashes, hangs, or takes more time or memory than it may, its seed is
found wanting, with what was said until then; the trials behind it go on in a new process.
"""

import faulthandler
import json
import math
import mmap
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

Trial = Callable[[int], str]
#: A sanitizer ends the process where memory is refused; without it there is an exception.
NO_MEMORY = re.compile(r"out of memory|allocation-size-too-big|requested allocation size")
_SAID = 6000  # characters, the last ones, that are kept of what was said
_BOARD = 2**16


class TooSlow(BaseException):
    """A trial took more of the processor than it may; nothing that catches exceptions takes it."""


class Found(NamedTuple):
    """A trial that was found wanting."""

    seed: int
    what: str


@dataclass(frozen=True)
class Limits:
    """What a trial may take.

    seconds: of the processor.
    wait: seconds of the clock.
    room: bytes beside those that the process has.
    block: how many trials a process makes.
    """

    seconds: float = 3.0
    wait: float = 60.0
    room: int = 2**31
    block: int = 2000


@dataclass
class Report:
    """What became of trials of seeds in a row.

    what: they are, such as ``calls``.
    slowest: seconds of the processor, and the seed.
    """

    what: str
    first: int
    tried: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    seconds: float = 0.0

    def __str__(self) -> str:
        words = ", ".join(f"{count:,} {word}" for word, count in sorted(self.counts.items()))
        return (
            f"{self.tried:,} {self.what}, seeds {self.first} to {self.first + self.tried - 1}: "
            f"{words or 'none'}, {len(self.found)} found wanting; {self.seconds:.0f} s, the "
            f"slowest {self.slowest[0]:.2f} s (seed {self.slowest[1]})"
        )


def tried(
    trial: Trial,
    what: str,
    examples: int,
    first: int = 0,
    limits: Limits = Limits(),
    seconds: float = math.inf,
) -> Report:
    """Make trials and print what is found wanting.

    Args:
        trial: is called with a seed.
        what: it tries, for the report.
        examples: how many there are to be.
        first: the first seed.
        limits: of a trial.
        seconds: after which no further one begins.
    """
    report, board, begun = Report(what, first), mmap.mmap(-1, _BOARD), time.monotonic()
    seed, until = first, begun + seconds
    while seed < first + examples and time.monotonic() < until:
        end = min(seed + limits.block, first + examples)
        seeds = range(seed, end)
        status, said = _forked(partial(_block, trial, seeds, board, limits, until))
        seed, counts, slowest = _read(board)
        report.counts.update(counts)
        report.slowest = max(report.slowest, (slowest[0], slowest[1]))
        if status:
            what_ended = _ended(status, said)
            if what_ended is None:
                report.counts["refused"] += 1
            else:
                report.found.append(Found(seed, what_ended))
                print(f"seed {seed}: {what_ended}", flush=True)
            seed += 1
    report.tried, report.seconds = seed - first, time.monotonic() - begun
    return report


def main(fuzz: Callable[..., Report], arguments: Sequence[str]) -> int:
    """Be the program ``EXAMPLES [SEED]``; return its exit code."""
    report = fuzz(*map(int, arguments))
    print(report)
    return int(bool(report.found))


def refused(error: Exception, most: int) -> str:
    """Return the word for what was refused with a clear message; raise where it is none.

    Args:
        error: that was raised.
        most: characters that its message may have.
    """
    text = str(error)
    odd = [each for each in text if not each.isprintable() and each != "\n"]
    if odd or not 0 < len(text) <= most:
        said = f"{len(text)} characters, of which {odd[:5]} cannot be shown, are said: {text[:300]}"
        raise AssertionError(said) from None
    return "refused"


# ---- in the process that makes them ----


def _block(
    trial: Trial, seeds: Sequence[int], board: mmap.mmap, limits: Limits, until: float
) -> None:
    """Make trials, until one is found wanting or there is no time left."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(limits.room)
    signal.signal(signal.SIGPROF, _late)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.register(signal.SIGALRM, file=2, chain=True)
    counts, slowest, seed = Counter[str](), (0.0, seeds[0]), seeds[0]
    for seed in seeds:
        _write(board, seed, counts, slowest)
        if time.monotonic() > until:
            return
        sys.stderr.flush()
        os.ftruncate(2, 0)
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, limits.seconds)
        signal.setitimer(signal.ITIMER_REAL, limits.wait)
        became = trial(seed)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        counts[became] += 1
        slowest = max(slowest, (time.process_time() - begun, seed))
    _write(board, seed + 1, counts, slowest)


def _late(*_: object) -> None:
    raise TooSlow


def limit_memory(room: int) -> None:
    """Let the process take a little more than it has: counted by what it may write."""
    status = Path("/proc/self/status")
    if not status.exists():
        return
    taken = re.search(r"VmData:\s+(\d+) kB", status.read_text())
    most = room + 1024 * int(taken[1]) if taken else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))


def _write(board: mmap.mmap, seed: int, counts: Counter[str], slowest: tuple[float, int]) -> None:
    content = json.dumps([seed, counts, slowest]).encode()
    board[: len(content) + 1] = content + b"\0"


# ---- in the one that looks on ----


def _read(board: mmap.mmap) -> Any:
    """Return the seed that a process came to, what became of those before, and the slowest."""
    return json.loads(board[: board.find(b"\0")])


def _forked(task: Callable[[], None]) -> tuple[int, str]:
    """Do something in a process of its own; return how that ended and what it said last."""
    with tempfile.TemporaryFile("w+b") as told:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            _be(task, told)
        _, status = os.waitpid(child, 0)
        told.seek(0)
        return status, told.read().decode("utf-8", "replace").replace("\0", "")


def _be(task: Callable[[], None], told: BinaryIO) -> None:
    """Be that process; this never returns."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(told.fileno(), 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", errors="replace") for number in (1, 2))
        faulthandler.enable(2)
        task()
        code = 0
    except BaseException:  # this is what is looked for
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _ended(status: int, said: str) -> str | None:
    """Return what ended a process; None if that was memory which there is not."""
    if NO_MEMORY.search(said) and os.WIFEXITED(status) and os.environ.get("LD_PRELOAD"):
        return None
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        what = "it hangs" if number == signal.SIGALRM else signal.Signals(number).name
    else:
        what = "it raised" if os.WEXITSTATUS(status) == 1 else f"exit {os.WEXITSTATUS(status)}"
    return f"{what}\n{said[-_SAID:]}".strip()
