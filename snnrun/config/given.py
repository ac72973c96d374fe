"""Configs and overrides as Python gives them: texts, maps, numbers of numpy.

::

    "train.epochs=3"                        one override
    ["train.epochs=3", "seed=1"]            several
    {"train.epochs": 3, "seed": 1}          the same as a map
    {"train": {"epochs": 3}}                or as a config that extends the other: maps merge
"""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, NamedTuple

from snnrun.config.wording import shown
from snnrun.core.paths import KeyPath, brief
from snnrun.errors import ConfigError

#: What functions take as overrides.
Overrides = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]]

_DEEPEST = 100  # maps and lists in each other


class Put(NamedTuple):
    """A value to be put at a key, such as ``train.epochs``; a map is merged with what is there."""

    key: str
    value: Any


def each_of(overrides: Overrides) -> Iterator[str | Put]:
    """Yield single overrides.

    Raises:
        ConfigError: there is something else among them.

    Example:
        >>> list(each_of("seed=1")), list(each_of({"train": {"epochs": 3}}))
        (['seed=1'], [Put(key='train', value={'epochs': 3})])
    """
    alone = isinstance(overrides, str | Mapping)
    for each in [overrides] if alone or not isinstance(overrides, Sequence) else overrides:
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            yield from (Put(str(key), value) for key, value in each.items())
        else:
            raise ConfigError(
                f"overrides: expected 'key=value', a list of these, or a map such as "
                f"{{'train.epochs': 3}}, got {_told(each)}"
            )


def plain_of(value: Any, where: str, path: KeyPath = ()) -> Any:
    """Return a value as maps, lists and plain values, as a file would hold it.

    Args:
        value: may hold paths, arrays and numbers of numpy, too.
        where: what errors say of its place.
        path: the keys that lead to it.

    Raises:
        ConfigError: it holds something else.

    Example:
        >>> plain_of({"savepoints": (1, 2), "size": range(2)}, "config")
        {'savepoints': [1, 2], 'size': [0, 1]}
    """
    if len(path) > _DEEPEST:
        raise ConfigError(f"{where}: nested more than {_DEEPEST} deep")
    if isinstance(value, PathLike):
        value = str(value)
    elif callable(getattr(value, "tolist", None)):
        value = value.tolist()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            _key(key, where, path): plain_of(each, where, (*path, str(key)))
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | range):
        return [plain_of(each, where, (*path, index)) for index, each in enumerate(value)]
    place = ": ".join(filter(None, [where, brief(path)]))
    raise ConfigError(f"{place}: expected text, numbers, lists or maps, got {_told(value)}")


def _key(key: Any, where: str, path: KeyPath) -> str:
    if not isinstance(key, str):
        place = ": ".join(filter(None, [where, brief(path)]))
        raise ConfigError(f"{place}: expected keys that are text, got {_told(key)}")
    return key


def _told(value: Any) -> str:
    """Return what errors say of a value, whatever it is."""
    plain = value is None or isinstance(value, str | int | float | list | dict)
    return shown(value) if plain else f"{type(value).__name__} {shown(str(value))}"
