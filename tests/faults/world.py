"""A place in which a folder is damaged and then used, and what may not be changed by that."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

#: What is said of an entry: its kind, size, place, time, and where it leads to.
Seen = dict[str, tuple[object, ...]]


class World:
    """A folder for what is damaged, one for what is made of it, and one that is none of its.

    Args:
        root: an empty folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.results, self.outside, self.out = (root / n for n in ("results", "outside", "out"))
        self.base = root / "base"
        self.base.mkdir()

    def fresh(self, base: Path, name: str = "run") -> Path:
        """Return a copy of a folder, in a world in which nothing else is."""
        for each in (self.results, self.outside, self.out):
            shutil.rmtree(each, ignore_errors=True)
            each.mkdir()
        (self.outside / "precious").write_text("precious\n")
        (self.outside / "folder").mkdir()
        return Path(shutil.copytree(base, self.results / name, symlinks=True))

    def seen(self, folder: Path) -> Seen:
        """Return what lies in a folder."""
        start = len(str(folder)) + 1
        return {path[start:]: what for path, what in _below(str(folder))}


def _below(folder: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    with os.scandir(folder) as found:
        for entry in found:
            now, is_folder = entry.stat(follow_symlinks=False), entry.is_dir(follow_symlinks=False)
            own = () if is_folder else (now.st_size, now.st_ino, now.st_mtime_ns)
            to = os.readlink(entry.path) if entry.is_symlink() else ""
            yield entry.path, (now.st_mode, *own, to)
            if is_folder:
                yield from _below(entry.path)


@contextmanager
def world() -> Iterator[World]:
    """Give a world, in memory where that is a place for files."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    before = Path.cwd()
    torch.set_num_threads(1)  # a process with several threads cannot be forked safely
    with tempfile.TemporaryDirectory(prefix="snnrun_faults_", dir=place) as folder:
        made = World(Path(folder))
        os.chdir(made.base)  # what goes by a relative path goes here
        try:
            yield made
        finally:
            os.chdir(before)
