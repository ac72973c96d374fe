"""The figures in the folder ``plots`` of runs, put into the page itself.

Only files that are what their name says are taken: PNG, and SVG, which is shown as an image, in
which no script runs and nothing is loaded. A link is not followed: it may lead to anything.
"""

import base64
import os
import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from snnrun.core.disk import read_file
from snnrun.studies.report.markup import Markup

_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
_PNG = b"\x89PNG\r\n\x1a\n"
_SVG = re.compile(rb"\A\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE[^>]*>\s*)?<svg[\s>]", re.S)


@dataclass(frozen=True)
class Figure:
    """A picture.

    run: number of the run.
    name: such as ``curves``.
    size: width and height in pixels; None where the file does not tell.
    """

    run: int
    name: str
    kind: str
    content: bytes
    size: tuple[int, int] | None

    @property
    def source(self) -> Markup:
        """The picture itself, as an address, in which nothing is left to be escaped."""
        return Markup(f"data:{self.kind};base64,{base64.b64encode(self.content).decode()}")


@dataclass(frozen=True)
class Figures:
    """The figures that a page shows, and what it says of the others."""

    shown: list[Figure]
    left_out: list[str]


def read_figures(runs: Sequence[Path], most: int) -> Figures:
    """Read the figures of runs, as many as may be shown.

    The first figures of all runs come before the second ones of any, and so on.

    Args:
        runs: run folders.
        most: bytes of all of them.
    """
    every = [[(number, path) for path in _pictures(run)] for number, run in enumerate(runs)]
    shown, left_out, room = list[Figure](), list[str](), most
    for number, path in filter(None, chain.from_iterable(zip_longest(*every))):
        try:
            size = path.lstat().st_size
            if size > room:
                left_out.append(f"{path}: {size:,} bytes")
                continue
            figure = _read(number, path, room)
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            left_out.append(f"{path}: {said}")
            continue
        room -= len(figure.content)
        shown.append(figure)
    return Figures(sorted(shown, key=lambda figure: (figure.run, figure.name)), left_out)


def trace(run: Path) -> list[object]:
    """Return what is another list as soon as a figure of a run is another one."""
    found = list[object]()
    for path in _pictures(run):
        with suppress(OSError):
            told = path.lstat()
            found.append((path.name, told.st_mtime_ns, told.st_size))
    return found


def _pictures(run: Path) -> list[Path]:
    """Return the pictures of a run, by name; of one that there is twice, the vectors."""
    folder = run / "plots"
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            files = [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    found = {path.stem: path for path in sorted(files) if path.suffix in _TYPES}
    return [found[stem] for stem in sorted(found)]


def _read(run: int, path: Path, most: int) -> Figure:
    """Return a picture.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none.
    """
    content = read_file(path, most)
    kind, size = _TYPES[path.suffix], None
    if path.suffix == ".png":
        if content[:8] != _PNG or content[12:16] != b"IHDR" or len(content) < 24:
            raise ValueError("it is no PNG file")
        size = struct.unpack(">II", content[16:24])
    elif not _SVG.match(content[:65536]):
        raise ValueError("it is no SVG file")
    return Figure(run, path.stem, kind, content, size)
