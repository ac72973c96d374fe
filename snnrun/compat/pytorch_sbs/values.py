"""Values of their configs, of the type that the original asks for.

There, a word where a number belongs ends the program; so does one number in place of a list.
"""

from typing import Any

from snnrun.compat.keys import Keys


def section(keys: Keys, key: str) -> Keys:
    """Return the map under a key; an absent one is an empty map, as all have defaults."""
    return Keys(keys.get(key, {}), (*keys.path, key), keys.report)


def number(keys: Keys, key: str, default: float) -> float:
    """Return a number."""
    value = keys.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        keys.problem(key, f"must be a number, got {value!r}")
        return default
    return value


def whole(keys: Keys, key: str, default: int) -> int:
    """Return a whole number."""
    value = keys.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        keys.problem(key, f"must be a whole number, got {value!r}")
        return default
    return value


def above_0(keys: Keys, key: str, default: int) -> int:
    """Return a whole number above 0."""
    value = whole(keys, key, default)
    if value < 1:
        keys.problem(key, f"must be above 0, got {value}")
        return default
    return value


def flag(keys: Keys, key: str, default: bool) -> bool:
    """Return true or false."""
    value = keys.get(key, default)
    if not isinstance(value, bool):
        keys.problem(key, f"must be true or false, got {value!r}")
        return default
    return value


def word(keys: Keys, key: str, default: str) -> str:
    """Return text."""
    value = keys.get(key, default)
    if not isinstance(value, str):
        keys.problem(key, f"must be text, got {value!r}")
        return default
    return value


def listed(keys: Keys, key: str) -> list[Any]:
    """Return a list; an absent one is empty."""
    value = keys.get(key, [])
    if not isinstance(value, list):
        keys.problem(key, f"must be a list, got {value!r}")
        return []
    return value


def each_layer(
    keys: Keys, key: str, layers: int, default: Any, kind: type, spread: bool = True
) -> list[Any]:
    """Return a value for each layer; what is missing is default.

    With ``spread``, one value alone holds for all.
    """
    given = listed(keys, key)
    for index, value in enumerate(given):
        if type(value) is not kind:
            name = {bool: "true or false", int: "a whole number"}[kind]
            keys.problem(key, f"entry {index} must be {name}, got {value!r}")
            return [default] * layers
    if spread and len(given) == 1:
        return given * layers
    if len(given) > layers:
        keys.problem(key, f"has {len(given)} entries for {layers} layers")
    return (given + [default] * layers)[:layers]


def known(keys: Keys, key: str, *names: str) -> bool:
    """Pass over a map of which only the names matter here; tell whether it says anything."""
    part = section(keys, key)
    said = bool(part.left)
    part.ignore(*names)
    part.close()
    return said


def pairs(keys: Keys, key: str, layers: int, default: tuple[int, int]) -> list[tuple[int, int]]:
    """Return two whole numbers for each layer; what is missing or empty is default."""
    given = listed(keys, key)
    if len(given) > layers:
        keys.problem(key, f"has {len(given)} entries for {layers} layers")
    found = [default] * layers
    for index, value in enumerate(given[:layers]):
        if isinstance(value, list) and len(value) == 2 and all(type(x) is int for x in value):
            found[index] = (value[0], value[1])
        elif value != []:
            keys.problem(key, f"entry {index} must be two whole numbers, got {value!r}")
    return found
