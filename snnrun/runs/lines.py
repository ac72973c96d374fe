"""Files that grow by lines, each of which tells whether it is damaged.

A line is a JSON object whose last key, ``crc``, is the CRC-32 of everything before it::

    {"step": 40, "epoch": 2, "split": "train", "name": "loss", "value": 0.31, "crc": "5d2e7a01"}

A killed process may leave the beginning of a line, which has no end and is left out. Lines of
earlier versions have no ``crc`` and are taken as they are.
"""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from snnrun.errors import DataError
from snnrun.runs.files import disk_errors
from snnrun.runs.whole import read_numbers

_CRC = re.compile(r', "crc": "([0-9a-f]{8})"\}\n?$')


def checked_line(content: Mapping[str, Any]) -> str:
    """Return an object as a line that can be checked.

    Example:
        >>> print(checked_line({"epoch": 2}), end="")
        {"epoch": 2, "crc": "63c0ed68"}
    """
    text = json.dumps(content)[:-1]
    return f'{text}, "crc": "{_sum(text)}"}}\n'


def parse_line(line: str, where: str) -> dict[str, Any]:
    """Return the object that a line holds.

    Raises:
        DataError: the line is damaged.

    Example:
        >>> parse_line(checked_line({"epoch": 2}), "metrics.jsonl:1")
        {'epoch': 2}
        >>> parse_line('{"epoch": 3, "crc": "63c0ed68"}', "metrics.jsonl:1")
        Traceback (most recent call last):
        ...
        snnrun.errors.DataError: metrics.jsonl:1 is damaged: its checksum differs
    """
    found = _CRC.search(line)
    if found and _sum(line[: found.start()]) != found[1]:
        raise DataError(f"{where} is damaged: its checksum differs")
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{where} is damaged: it holds no map")
    if "crc" in content and not found:
        raise DataError(f"{where} is damaged: it has no checksum")
    return {key: value for key, value in content.items() if key != "crc"}


def _sum(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogateescape')):08x}"


def whole_lines(path: Path) -> list[str]:
    """Return the lines of a file that grows; one cut off by a crash is left out.

    Bytes that are no text come as characters that stand for them, so that only their line is
    damaged, and written again they are as they were.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        text = read_numbers(path).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"cannot read {path}: {error}") from error
    return [line + "\n" for line in text.split("\n")[:-1]]


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines, each with its end, to a file that grows."""
    with disk_errors(str(path)), path.open("ab") as file:
        file.write("".join(lines).encode("utf-8", "surrogateescape"))
