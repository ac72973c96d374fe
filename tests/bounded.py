"""A few seconds and a bounded memory for what is shown hostile files."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.running import run

SECONDS = 15  # where nothing else is done, a tenth of it is enough
_ROOM = 2 * 2**30  # bytes beyond those that the process has


class Hangs(BaseException):
    """Time is up; nothing that catches exceptions takes this one."""


@contextmanager
def bounded(seconds: int = SECONDS, room: int = _ROOM) -> Iterator[None]:
    """End what is inside the block after so many seconds, or where it takes too much memory."""

    def stop(number: int, frame: object) -> None:
        raise Hangs(f"not done after {seconds} s")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = signal.signal(signal.SIGALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room, hard))
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def refusal(*arguments: object) -> str:
    """The one line with which a command refuses, within seconds, a file or a folder."""
    with bounded():
        code, _, err = run(*arguments)
    assert code == 3, (code, err)
    said = err.strip()
    assert said.startswith("snnrun: "), said
    assert "\n" not in said, said
    assert "unexpected" not in said
    assert len(said) < 1000
    return said
