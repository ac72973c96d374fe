"""What groups of runs are called: by few of the settings that differ, in short words."""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from snnrun.core.paths import cut, prefixes
from snnrun.errors import printable
from snnrun.studies.words import plainly

Settings = Mapping[str, Any]
_MOST = 3  # keys whose combinations are tried
_TRIED = 40  # keys of which they are made
_DEEPEST = 99
_FIRST = ("model.name", "learning.name")
_WIDEST = 28  # characters of a value


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """Return keys without the section that they stand in; the name of a part is called as the part.

    Example:
        >>> list(short_keys(["model.layers.0.size", "learning.name"]).values())
        ['layers.0.size', 'learning']
        >>> short_keys(["model.tau", "encoder.tau"])
        {'model.tau': 'model.tau', 'encoder.tau': 'encoder.tau'}
    """
    brief = {key: _brief(key) for key in keys}
    every = list(brief.values())
    return {key: word if every.count(word) == 1 else key for key, word in brief.items()}


def _brief(key: str) -> str:
    whole = key.removesuffix(".name") or key
    section = prefixes(whole)[0]
    return whole.removeprefix(f"{section}.") or whole


def telling(groups: Sequence[Settings], keys: Sequence[str]) -> list[str]:
    """Return as few of the keys as tell all groups apart; names of parts, if these do.

    The names of model, rule, ... come before those of parts within them.

    Example:
        >>> telling([{"b.x": 1, "a.name": "p"}, {"b.x": 2, "a.name": "q"}], ["b.x", "a.name"])
        ['a.name']
        >>> every = ["encoder.name", "model.name"]
        >>> telling([dict.fromkeys(every, "a"), dict.fromkeys(every, "b")], every)
        ['model.name']
    """
    first = sorted(keys, key=_depth)[:_TRIED]
    if len(groups) == 1:
        return []
    words = {key: words_of(groups, key) for key in first}
    for number in range(1, min(_MOST, len(first)) + 1):
        for some in combinations(first, number):
            told = set(zip(*(words[key] for key in some), strict=True))
            if len(told) == len(groups):
                return [key for key in keys if key in some]
    return list(keys)


def _depth(key: str) -> tuple[int, int]:
    """Return how deep a part lies that a key names, models and rules before others; other keys lie
    deeper than all.
    """
    if not key.endswith(".name"):
        return _DEEPEST, 0
    return len(prefixes(key)), _FIRST.index(key) if key in _FIRST else len(_FIRST)


def words_of(groups: Sequence[Settings], key: str) -> list[str]:
    """Return the value of a key in a word for each group; a dash where there is no such key.

    Long ones lack their middle, unless it is what tells them apart.

    Example:
        >>> words_of([{"lr": 5e-4}, {"lr": None}, {}], "lr")
        ['0.0005', 'null', '-']
    """
    whole = [_word(group[key]) if key in group else "-" for group in groups]
    brief = [cut(word, _WIDEST) for word in whole]
    alike = len(set(brief)) < len(set(whole))
    return [printable(word).replace("\n", " ") for word in (whole if alike else brief)]


def _word(value: Any) -> str:
    return plainly(value) if isinstance(value, str | dict | list) else json.dumps(value)


def labels_of(groups: Sequence[Settings], keys: Sequence[str]) -> list[str]:
    """Return what each group is called.

    Example:
        >>> labels_of([{"model.size": 32, "model.name": "lif"}], ["model.size", "model.name"])
        ['size 32, lif']
    """
    names = short_keys(keys)
    words = {key: words_of(groups, key) for key in keys}
    return [
        ", ".join(_named(key, names[key], words[key][place]) for key in keys) or "all"
        for place in range(len(groups))
    ]


def _named(key: str, name: str, word: str) -> str:
    return word if key.endswith(".name") and word != "-" else f"{name} {word}"
