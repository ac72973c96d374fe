"""Damage as disks, people and programs do it to files and folders; drawn at random."""

import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

#: Bytes that mean something in one format or another.
_TELLING = [b"\0", b"\xff", b"\n", b"{", b"}", b"[", b'"', b"9" * 40, b"-1", b"nan", b"\x80\x02."]


@dataclass(frozen=True)
class Places:
    """Where files may be taken from, or links may lead.

    root: the folder that is damaged.
    others: files of other folders.
    outside: a folder beside it that nobody may change, with a file ``precious``.
    chosen: files that are taken half of the time; none: all are alike.
    """

    root: Path
    others: Sequence[Path]
    outside: Path
    chosen: Sequence[Path] = ()

    def file(self, draw: Random) -> Path:
        """Draw a file of the folder.

        Raises:
            IndexError: there is none.
        """
        found = [path for path in self.chosen if path.is_file() and not path.is_symlink()]
        return draw.choice(found if found and draw.random() < 0.5 else files_of(self.root))


@dataclass(frozen=True)
class Fault:
    """What was done.

    file: where, from the root.
    what: in words.
    mended: whether checksums fit it, so that they tell nothing.
    """

    file: str
    what: str
    mended: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def files_of(folder: Path) -> list[Path]:
    """Return the regular files in a folder and below, in order."""
    found = (os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    return [Path(path) for path in sorted(found) if stat.S_ISREG(os.lstat(path).st_mode)]


@cache
def known_files(folder: Path) -> list[Path]:
    """Return the same of a folder that nobody changes."""
    return files_of(folder)


# ---- bytes ----


def flipped(content: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(content))
    changed = content[place] ^ (1 << draw.randrange(8))
    return content[:place] + bytes([changed]) + content[place + 1 :]


def replaced(content: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + draw.randbytes(1) + content[place + 1 :]


def cut_off(content: bytes, draw: Random) -> bytes:
    return content[: draw.randrange(len(content))]


def cut_out(content: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + content[place + draw.choice([1, 1, 2, 8, 64, 512]) :]


def inserted(content: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(content) + 1)
    new = draw.choice([draw.randbytes(draw.choice([1, 4, 300])), draw.choice(_TELLING)])
    return content[:place] + new + content[place:]


def swapped(content: bytes, draw: Random) -> bytes:
    """Let two pieces change places."""
    size = draw.choice([1, 1, 4, 32])
    one, other = sorted(draw.randrange(len(content)) for _ in range(2))
    middle = content[one + size : other] if one + size <= other else b""
    first, second = content[one : one + size], content[max(other, one + size) : other + size]
    return content[:one] + second + middle + first + content[max(other, one) + size :]


def zeroed(content: bytes, draw: Random) -> bytes:
    """A block that was never written."""
    place, size = draw.randrange(len(content)), draw.choice([1, 16, 512, 4096])
    return content[:place] + b"\0" * len(content[place : place + size]) + content[place + size :]


def repeated(content: bytes, draw: Random) -> bytes:
    place, size = draw.randrange(len(content)), draw.choice([1, 16, 512])
    return content[: place + size] + content[place:]


BYTES: list[Callable[[bytes, Random], bytes]] = [
    flipped, flipped, flipped, replaced, cut_off, cut_out, inserted, swapped, zeroed, repeated,
]  # fmt: skip


def bytes_changed(path: Path, places: Places, draw: Random) -> str:
    """Change some bytes of a file."""
    content = path.read_bytes()
    if not content:
        path.write_bytes(draw.randbytes(9))
        return "filled"
    change = draw.choice(BYTES)
    path.write_bytes(change(content, draw))
    return change.__name__


# ---- files ----


def gone(path: Path, places: Places, draw: Random) -> str:
    remove(path)
    return "gone"


def emptied(path: Path, places: Places, draw: Random) -> str:
    path.write_bytes(b"")
    return "emptied"


def folder(path: Path, places: Places, draw: Random) -> str:
    remove(path)
    path.mkdir()
    return "a folder"


def pipe(path: Path, places: Places, draw: Random) -> str:
    remove(path)
    os.mkfifo(path)
    return "a pipe"


def link(path: Path, places: Places, draw: Random) -> str:
    """Put a link in its place: out of the folder, to itself, to nothing, to a device."""
    inside = [draw.choice(each) for each in [files_of(places.root)] if each]
    to = draw.choice(
        [places.outside / "precious", places.outside, path, "nowhere", "/dev/zero", *inside]
    )
    remove(path)
    path.symlink_to(to)
    return f"a link to {to}"


def moved_out(path: Path, places: Places, draw: Random) -> str:
    """Put the file elsewhere, and a link to it in its place."""
    shutil.copy(path, places.outside / "moved")
    remove(path)
    path.symlink_to(places.outside / "moved")
    return "a link to a copy"


def of_the_folder(path: Path, places: Places, draw: Random) -> str:
    other = draw.choice(files_of(places.root))
    path.write_bytes(other.read_bytes())
    return f"the content of {other.name}"


def of_another(path: Path, places: Places, draw: Random) -> str:
    """Put a file of another folder in its place, one of the same name if there is any."""
    every = places.others or files_of(places.root)
    alike = [other for other in every if other.name == path.name]
    other = draw.choice(alike if alike and draw.random() < 0.7 else every)
    path.write_bytes(other.read_bytes())
    return f"the content of another's {other.name}"


FILES: list[Callable[[Path, Places, Random], str]] = [
    *[bytes_changed] * 12, gone, gone, emptied, folder, pipe, link, link, moved_out, of_the_folder,
    of_another, of_another,
]  # fmt: skip


def damaged(places: Places, draw: Random) -> Fault:
    """Damage a file, at times a folder, below the root."""
    if draw.random() < 0.07 or not files_of(places.root):
        return _folder_damaged(places, draw)
    path, change = places.file(draw), draw.choice(FILES)
    whole = change is of_another and path.suffix == ".jsonl"  # lines tell nothing of their run
    return Fault(str(path.relative_to(places.root)), change(path, places, draw), mended=whole)


def _folder_damaged(places: Places, draw: Random) -> Fault:
    """Let a folder vanish, be something else, or hold what is not ours."""
    every = sorted(path for path in places.root.rglob("*") if path.is_dir())
    path = draw.choice([*every, places.root])
    name = str(path.relative_to(places.root))
    if path == places.root or draw.random() < 0.5:
        odd = draw.choice([
            "epoch_9999", "epoch_0001.bak", ".71.status.json", ".snnrun-71-0aef53.best", "notes",
            "epoch_999999999999", "epoch_1", ".snnrun-71-0aef53.old.epoch_0001", "\udcff", "a\nb",
        ])  # fmt: skip
        if (path / odd).exists():
            return Fault(name, "nothing")
        (path / odd).mkdir() if draw.random() < 0.5 else (path / odd).write_bytes(b"mine")
        return Fault(name, f"holds {odd!r}")
    change = draw.choice([gone, link, pipe])
    return Fault(name, change(path, places, draw))


def remove(path: Path) -> None:
    """Remove a file or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
