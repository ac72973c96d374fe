"""What groups of runs are called: by few of the settings that differ, in short words."""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from snnrun.core.paths import cut, prefixes
from snnrun.errors import printable

Settings = Mapping[str, Any]
_MOST = 3  # keys whose combinations are tried
_TRIED = 40  # keys of which they are made
_DEEPEST = 99
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

    The names of rule, model, ... come before those of parts within them.

    Example:
        >>> telling([{"b.x": 1, "a.name": "p"}, {"b.x": 2, "a.name": "q"}], ["b.x", "a.name"])
        ['a.name']
    """
    first = sorted(keys, key=_depth)[:_TRIED]
    if len(groups) == 1:
        return []
    words = {key: [word_of(group, key) for group in groups] for key in first}
    for number in range(1, min(_MOST, len(first)) + 1):
        for some in combinations(first, number):
            told = set(zip(*(words[key] for key in some), strict=True))
            if len(told) == len(groups):
                return [key for key in keys if key in some]
    return list(keys)


def _depth(key: str) -> int:
    """Return how deep a part lies that a key names; other keys lie deeper than all."""
    return len(prefixes(key)) if key.endswith(".name") else _DEEPEST


def word_of(settings: Settings, key: str) -> str:
    """Return the value of a key in a word; a dash where there is no such key.

    Example:
        >>> word_of({"lr": 5e-4}, "lr"), word_of({"lr": None}, "lr"), word_of({}, "lr")
        ('0.0005', 'null', '-')
    """
    if key not in settings:
        return "-"
    value = settings[key]
    text = value if isinstance(value, str) else json.dumps(value)
    return printable(cut(text, _WIDEST)).replace("\n", " ")


def label_of(settings: Settings, keys: Sequence[str]) -> str:
    """Return what a group is called.

    Example:
        >>> label_of({"model.size": 32, "model.name": "lif"}, ["model.size", "model.name"])
        'size 32, lif'
    """
    names = short_keys(keys)
    words = []
    for key in keys:
        word = word_of(settings, key)
        named = key.endswith(".name") and word != "-"
        words.append(word if named else f"{names[key]} {word}")
    return ", ".join(words) or "all"
