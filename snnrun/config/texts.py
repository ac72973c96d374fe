"""The texts that make a config: what they may hold together, and how one is read.

A config may be absurd, or made to do harm. So what is read of it is bounded, all of its files and
overrides together: their number, their bytes, and the values in them.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snnrun.config import shipped
from snnrun.core.disk import is_input, read_file
from snnrun.core.registry import near
from snnrun.errors import ConfigError

SUFFIXES = (".yaml", ".yml", ".json")
_LISTED = 8  # files that are named where none is like the one asked for


class TooMuch(Exception):
    """A config holds more than anyone can mean; the text says of what, and how much is read."""


@dataclass
class Room:
    """What a config may still take; each reading takes its part of it.

    files: that it is made of.
    size: bytes of them and of overrides.
    values: maps, lists and plain values, with what aliases copy.
    """

    files: int = 100
    size: int = 2**20
    values: int = 100_000

    def take(self, what: str, count: int = 1) -> None:
        """Take from one of the three.

        Raises:
            TooMuch: there is not as much left.
        """
        setattr(self, what, getattr(self, what) - count)
        if getattr(self, what) < 0:
            raise TooMuch(f"holds more than {getattr(Room, what):,} {_WORDS[what]}")


_WORDS = {"files": "files", "size": "bytes of text", "values": "values"}


def real(path: Path) -> Path:
    """Return what a path leads to, whatever there is, so that each file has one name."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a name with a zero byte, which no file has
        return path


def _standard_input(most: int) -> bytes:
    """Return what standard input holds, and not much more than is allowed of it."""
    return sys.stdin.buffer.read(most + 1)


def text_of(path: Path, room: Room, prefix: str = "") -> str:
    """Return the text of a config file; that of ``-`` is standard input.

    Raises:
        ConfigError: it is absent, no file, too large, or not UTF-8; ``prefix`` says who wants it.
    """
    try:
        room.take("files")
        content = _standard_input(room.size) if is_input(path) else read_file(path, room.size)
        room.take("size", len(content))
        return content.decode("utf-8-sig")
    except TooMuch as error:
        raise ConfigError(f"{prefix}{path}: the config {error}") from None
    except FileNotFoundError:
        raise ConfigError(f"{prefix}no such file: {path}{_similar(path)}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        text = f"{prefix}{path}: not UTF-8 text: {error.reason}, line {line}"
        raise ConfigError(text) from error
    except (OSError, ValueError) as error:  # ValueError: the name has a zero byte
        if os.path.isdir(path):
            raise ConfigError(f"{prefix}{path} is a folder, not a config file") from None
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{prefix}cannot read {path}: {reason}") from error


def _similar(path: Path) -> str:
    """Say which config was most likely meant: a file, here or in ``configs/``, or one of ours.

    Where none is like it, say which there are.
    """
    found = {}
    for folder in dict.fromkeys((path.parent, Path("configs"))):
        if os.path.isdir(folder):
            found[folder] = sorted(_configs(folder))
    for folder, names in found.items():
        guess = near(path.name, names)
        if guess:
            return f"; did you mean {folder / guess}?"
    if name := shipped.meant(path):
        return f"; did you mean {name}, which comes with snnrun?"
    for folder, names in found.items():
        if names:
            more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
            return f". In {folder}/: {', '.join(names[:_LISTED])}{more}"
    ours = "" if path.suffix else ", ".join(shipped.names()[:_LISTED])
    return f". With snnrun come {ours}, ...: `snnrun new --from NAME` copies one" if ours else ""


def _configs(folder: Path) -> Iterable[str]:
    try:
        return [file.name for file in folder.iterdir() if file.suffix in SUFFIXES]
    except OSError:  # a folder that may not be looked into
        return []
