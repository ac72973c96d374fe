"""A table as text that fits a terminal, as CSV, as JSON."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snnrun.core.aligning import aligned, line_width, widths_of
from snnrun.core.paths import cut
from snnrun.errors import printable
from snnrun.studies.gathering import ABSENT

_WIDEST = 60  # characters of a word that are shown, but of those in the first column, its names
_NAME = 40  # characters of such a name that are enough where there is little room


@dataclass(frozen=True)
class Table:
    """Keys, and plain values of each run; ``ABSENT`` where a run has none."""

    keys: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def as_csv(self) -> str:
        """Return a line for each run, with whole values; nothing where there is none."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.keys)
        writer.writerows(map(_csv_word, row) for row in self.rows)
        return text.getvalue()

    def as_json(self) -> str:
        """Return a list of maps; null where there is no value."""
        rows = [dict(zip(self.keys, map(_plain, row), strict=True)) for row in self.rows]
        return json.dumps(rows, indent=2) + "\n"


def _csv_word(value: Any) -> str:
    if value is ABSENT:
        return ""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def _plain(value: Any) -> Any:
    """Return a value that JSON has: numbers that are not finite are text."""
    if value is ABSENT:
        return None
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Words:
    """A table as people read it: of each key, the heading and the words below it.

    A terminal can be sent them; long ones lack their middle.
    """

    columns: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[str]]) -> "Words":
        """Take words in, whatever they hold."""
        longest = [None, *[_WIDEST] * (len(columns) - 1)]
        pairs = zip(longest, columns.items(), strict=True)
        return cls({key: [_line(word, most) for word in words] for most, (key, words) in pairs})

    def fitting(self, width: int | None, spare: Iterable[str], enough: int) -> "Words":
        """Return the columns that a line has room for.

        Args:
            width: characters of a line; None: any number.
            spare: keys that are left out where there is no room, in this order.
            enough: characters of a long word.
        """
        widths = {key: min(_width(words), enough) for key, words in self.columns.items()}
        for first in list(widths)[:1]:
            widths[first] = min(_width(self.columns[first]), _NAME)
        for key in spare:
            if width is None or line_width(widths.values()) <= width:
                break
            widths.pop(key, None)
        return Words({key: self.columns[key] for key in widths})

    def text(self, width: int | None) -> str:
        """Return a line for each run, cut so that it has so many characters at most."""
        rows = list(zip(*self.columns.values(), strict=True))
        most = _most(widths_of(rows), width)
        shown = ([_cut(word, most) for word in row] for row in rows)
        return "".join(f"{line}\n" for line in aligned(shown))


def _line(word: str, most: int | None) -> str:
    return printable(word if most is None else cut(word, most)).replace("\n", " ")


def _width(words: Iterable[str]) -> int:
    return max(map(len, words))


def _most(widths: Sequence[int], width: int | None) -> int:
    """Return how many characters a column may have, so that a line has room for all.

    Example:
        >>> _most([40, 5, 20], 60), _most([40, 5, 20], None)
        (31, 40)
    """
    every = range(max(widths), 1, -1)
    fits = (most for most in every if line_width(min(most, w) for w in widths) <= (width or 0))
    return max(widths) if width is None else next(fits, 1)


def _cut(word: str, most: int) -> str:
    """Return a word, without its middle if it is longer than ``most`` characters.

    Example:
        >>> _cut("first_spike_mnist_2026-11-30_03-44-11", 20), _cut("first", 3)
        ('first_spi.._03-44-11', 'f..')
    """
    if len(word) <= most:
        return word
    start, end = max(0, most - 1) // 2, max(0, most - 2) // 2
    return f"{word[:start]}..{word[len(word) - end :]}"[:most]
