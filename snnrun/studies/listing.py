"""The runs in some folders, a line each: how they stand, what they reach, in what they differ."""

import json
import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from snnrun.core.paths import cut
from snnrun.errors import ConfigError, printable
from snnrun.studies.choosing import Choice, instead, split
from snnrun.studies.columns import NAMED, Keys, is_accuracy, some, value_of
from snnrun.studies.formats import Table, Words
from snnrun.studies.gathering import ABSENT, Found, differing, look
from snnrun.studies.places import base_of, runs_at

FORMS = ("text", "csv", "json")
_TEXT = ("run", "model", "rule", "data", "state", "epoch", "validation", "test")
_FILE = (
    "run", "path", "model", "rule", "data", "state", "epoch", "epochs", "best", "judged_by",
    "validation", "test", "age", "time", "seconds",
)  # fmt: skip
_PARTS = ("data", "rule", "model")
_MOST = 30  # columns of the usual table
_LONGEST = 60  # characters of a key that is named
_USUAL, _ASKED = 24, 10  # characters of a word that are enough, of the usual table, of another
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def listing(
    places: Sequence[Path],
    choice: Choice | None = None,
    columns: str = "",
    form: str = "text",
    width: int | None = None,
) -> str:
    """Return a table of the runs that places name.

    Args:
        places: see :func:`snnrun.studies.places.runs_at`; a folder without runs is an empty table.
        choice: which runs, in which order; None: all.
        columns: keys or patterns of keys, joined by commas; empty: the usual ones, and the settings
            that differ.
        form: ``text``, ``csv`` or ``json``; the latter two hold whole values.
        width: characters of a line of text; None: any number.

    Raises:
        DataError: there is no such place.
        ConfigError: no run has what is asked for, or there is no such form.
    """
    if form not in FORMS:
        raise ConfigError(f"no format {form!r}{instead(form, FORMS)}")
    every = look(runs_at(places, may_be_empty=True), base_of(places))
    keys = Keys(every)
    runs = (choice or Choice()).of(every, keys)
    asked = _matching(columns, keys) if every else []
    shown = asked or _usual(runs, form)
    if form != "text":
        table = Table(shown, [[value_of(run, key) for key in shown] for run in runs])
        return table.as_csv() if form == "csv" else table.as_json()
    words = {key: [keys.short(key), *(_word(run, key) for run in runs)] for key in shown}
    if asked:
        kept = Words.of(words).fitting(width, spare=shown[:0:-1], enough=_ASKED)
    else:
        usual = {key: words[key] for key in shown[:_MOST]}
        kept = Words.of(usual).fitting(width, _spare(runs, shown), _USUAL)
    left = [key for key in shown if key not in kept.columns]
    none = f"none of {len(every):,} runs is as asked\n" if every and not runs else ""
    return kept.text(width) + none + (f"no room for {_brief(left)}\n" if left else "")


def _usual(runs: Sequence[Found], form: str) -> list[str]:
    """Return the keys to show where none are asked for."""
    differ = [key for key in differing(runs, besides=()) if key not in NAMED]
    if form != "text":
        return [*_FILE, *differ]
    return [*_TEXT, *(["age"] if any(run.age is not None for run in runs) else []), *differ]


def _matching(columns: str, keys: Keys) -> list[str]:
    """Return the keys that are asked for, each once.

    Raises:
        ConfigError: no run has one of them.
    """
    found = list[str]()
    for text in split(columns):
        is_pattern = "*" in text and text not in keys.every
        matching = [key for key in keys.every if fnmatchcase(key, text)] if is_pattern else []
        if is_pattern and not matching:
            raise ConfigError(f"no run has anything like {text!r}; there are {some(keys.every)}")
        found += matching or [keys.whole(text)]
    return list(dict.fromkeys(found))


def _spare(runs: Sequence[Found], shown: Sequence[str]) -> list[str]:
    """Return what the usual table can do without, first what is the same in all runs."""
    same = [key for key in _PARTS if len({str(value_of(run, key)) for run in runs}) == 1]
    settings = [key for key in shown if key not in (*_TEXT, "age")]
    return [*same, *reversed(settings), *(key for key in _PARTS if key not in same), "age"]


def _brief(keys: Sequence[str]) -> str:
    """Name some columns that are not shown."""
    names = some([cut(key, _LONGEST) for key in keys])
    return printable(f"{names}: see --columns, --format").replace("\n", " ")


def _word(run: Found, key: str) -> str:
    """Return a value as people read it."""
    value = value_of(run, key)
    if key == "epoch":
        ends = (value, value_of(run, "epochs"))
        return "/".join("?" if each is ABSENT else str(each) for each in ends)
    if value is ABSENT:
        return "?" if key in (*_PARTS, "state") else ""
    if key in ("age", "seconds"):
        return _duration(value)
    if isinstance(value, float) and is_accuracy(run, key):
        return f"{value:.1%}"
    if isinstance(value, float) and ("/" in key or key in ("validation", "test")):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _duration(seconds: float) -> str:
    """Return a time in the largest unit that it has one of.

    Example:
        >>> [_duration(seconds) for seconds in (3, 125, 7200, 200_000)]
        ['3 s', '2 min', '2 h', '2 d']
    """
    if not math.isfinite(seconds):
        return str(seconds)
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{int(seconds // size)} {unit}"
