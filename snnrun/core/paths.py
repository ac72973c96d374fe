"""Keys that lead to a value, as text: ``model.layers.0.size``, ``model.rates."a.b"``.

Dots stand between keys. A key that holds a dot itself is quoted, and so is one that could be taken
for something else: an empty one, or one with ``=``, ``:`` or a quotation mark. Blanks are allowed.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Any

#: Keys and indices that lead to a value: ``("model", "layers", 0, "size")``.
KeyPath = tuple[str | int, ...]

#: Keys of a flat map, and characters of them together; configs have hundreds, and thousands.
MOST_KEYS, MOST_CHARACTERS = 10_000, 2**18
_STEP = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.=]*?))\s*(\.|=|$)""")


def dotted(path: KeyPath) -> str:
    """Return a path as an override would name it.

    Example:
        >>> dotted(("model", "layers", 0, "size")), dotted(("synapses", "X -> Ae", "a.b"))
        ('model.layers.0.size', 'synapses.X -> Ae."a.b"')
    """
    return ".".join(_quoted(str(key)) for key in path)


def brief(path: KeyPath) -> str:
    """Return a path as messages show it: :func:`dotted`, without the middle of long keys."""
    return dotted(tuple(cut(key, 80) if isinstance(key, str) else key for key in path))


def cut(text: str, most: int) -> str:
    """Return a text, without its middle if it is longer than ``most`` characters.

    Example:
        >>> cut("a long text, of which only the ends are to be shown", 20)
        'a long text, ...shown'
    """
    return text if len(text) <= most else f"{text[: most * 2 // 3]}...{text[-(most // 4) :]}"


def steps(text: str) -> tuple[list[str], str | None]:
    """Return the keys that ``text`` names, and what stands behind its first ``=``, if it has one.

    Example:
        >>> steps("model.layers.0.size=30"), steps('rates."a.b"')
        ((['model', 'layers', '0', 'size'], '30'), (['rates', 'a.b'], None))
    """
    keys, start = [], 0
    while True:
        found = _STEP.match(text, start)
        assert found, text
        keys.append(next(part for part in found.groups() if part is not None))
        start = found.end()
        if found[4] != ".":
            return keys, text[start:] if found[4] else None


def path_in(text: str) -> KeyPath:
    """Return the path that a text names; what counts elements of a list is a number.

    Example:
        >>> path_in("model.layers.0.size")
        ('model', 'layers', 0, 'size')
    """
    return tuple(int(step) if step.isdecimal() else step for step in steps(text)[0])


@lru_cache(maxsize=4096)
def prefixes(key: str) -> tuple[str, ...]:
    """Return the keys of all that a value lies in, from outside in, and its own.

    Example:
        >>> prefixes("train.savepoints.1")
        ('train', 'train.savepoints', 'train.savepoints.1')
    """
    return tuple(accumulate(map(_quoted, steps(key)[0]), "{}.{}".format))


def flat(plain: Any) -> dict[str, Any]:
    """Return maps in maps as one map, its keys as overrides name them.

    A list with a map in it is taken apart too, any other list is a value, and so is an empty map.

    Raises:
        ValueError: there are more keys, or longer ones, than anybody means.

    Example:
        >>> flat({"model": {"layers": [{"size": 5}, {"size": 3}], "shape": (2, 2), "map": {}}})
        {'model.layers.0.size': 5, 'model.layers.1.size': 3, 'model.shape': [2, 2], 'model.map': {}}
    """
    found, room = {}, MOST_CHARACTERS
    for path, value in _leaves(plain, ()):
        key = dotted(path)
        found[key], room = value, room - len(key)
        if room < 0 or len(found) > MOST_KEYS:
            raise ValueError("holds more keys, or longer ones, than anybody means")
    return found


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _quoted(key: str) -> str:
    plain = key and key == key.strip() and not re.search(r"[.=:\"']", key)
    if plain:
        return key
    return f"'{key}'" if '"' in key else f'"{key}"'
