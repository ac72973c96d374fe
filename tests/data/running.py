"""Which processes run."""

import os
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path


def children() -> list[int]:
    """Those that this one started, but for that of Python which cleans up at the end."""
    cleaner = resource_tracker._resource_tracker._pid
    own = [process for process, parent, _ in _running() if parent == os.getpid()]
    return [process for process in own if process != cleaner]


def group(leader: int) -> list[int]:
    """Those of a process group."""
    return [process for process, _, own in _running() if own == leader]


def _running() -> Iterator[tuple[int, int, int]]:
    """Yield number, parent and group of each that has not ended."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] != "Z":
                yield int(folder.name), int(stat[1]), int(stat[2])
