"""What is said of one wrong value in a config, in the words of its writer."""

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from snnrun.config.fields import places_of, settings_at
from snnrun.core.named import Named
from snnrun.core.paths import KeyPath, dotted
from snnrun.core.registry import Settings, Table, near

#: An error of pydantic: ``type``, ``loc``, ``msg``, ``ctx``.
Error = Mapping[str, Any]

#: So many names are listed in a message; of more, it says where they stand.
_FEW = 12

_KEY = "[key]"  # stands behind the key in what pydantic says of a key

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map of keys to values",
    "model_type": "a map of keys to values",
    "none_required": "null",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "multiple_of": "a multiple of {multiple_of}",
    "too_short": "{kind} of {min_length} or more",
    "too_long": "{kind} of {max_length} or fewer",
    "string_too_short": "text of {min_length} characters or more",
    "string_too_long": "text of {max_length} characters or fewer",
    "string_pattern_mismatch": "text that matches {pattern}",
    "named_type": "a map such as {example}",
}


def say(path: KeyPath, errors: list[Error], root: type[Settings], data: Any) -> str:
    """Say what is wrong with the value at ``path`` of ``data``, a config checked by ``root``."""
    first = errors[0]
    match first["type"]:
        case "missing":
            return _missing(path, root, data)
        case "extra_forbidden":
            return _unknown_key(path, root, data)
        case "unknown_name":
            return _unknown_name(_at(path, data), first["ctx"]["named"])
        case "value_error":
            return str(first["ctx"]["error"])
    of_keys = [error for error in errors if _is_of_key(path, error)]
    errors = of_keys or errors
    expected = dict.fromkeys(filter(None, map(_expected, errors)))
    if not expected:
        return str(errors[0]["msg"])
    value = path[-1] if of_keys else _at(path, data)
    hint = _nearest_text(value, errors[0]) if errors[0]["type"] == "literal_error" else ""
    if isinstance(value, list):
        hint = hint or _aside(path, root, data)
    start = "a key here must be" if of_keys else "must be"
    return f"{start} {' or '.join(expected)}, got {shown(value)}{hint}"


def _is_of_key(path: KeyPath, error: Error) -> bool:
    """Tell whether a key of a map is wrong, not the value under it."""
    return error["loc"][-1:] == (_KEY,) and path[-1] != _KEY


def shown(value: Any) -> str:
    """Return a value as a reader of the config would call it.

    Example:
        >>> [shown(value) for value in (3, 0.5, "fast", True, None, [1, 2], {"a": 1})]
        ['3', '0.5', "'fast'", 'true', 'nothing', 'a list of 2', 'a map']
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            return "a map" if value else "an empty map"
    return f"{value:g}" if value == float(f"{value:g}") else repr(value)


def meant_key(path: KeyPath, root: type[Settings], data: Any) -> str | None:
    """Return the key that the unknown key at ``path`` was most likely meant to be."""
    known = settings_at(root, data, path[:-1]).model_fields
    return near(str(path[-1]), known.keys() - _at(path[:-1], data).keys()) or near(
        str(path[-1]), known
    )


def _aside(path: KeyPath, root: type[Settings], data: Any) -> str:
    """Return what the settings around a key have to say of it, behind a semicolon."""
    if not path or isinstance(path[-1], int):
        return ""
    text = settings_at(root, data, path[:-1]).asides.get(path[-1])
    return f"; {text}" if text else ""


def _unknown_key(path: KeyPath, root: type[Settings], data: Any) -> str:
    key, aside = str(path[-1]), _aside(path, root, data)
    name, colon, rest = key.partition(":")
    if aside:
        return f"unknown key{aside}"
    if colon and rest and _at(path, data) is None:  # {name:sgd} is a map with an odd key
        return f"unknown key; a blank stands behind a colon: {{{name}: {rest}}}"
    guess = meant_key(path, root, data)
    if guess:
        return f"unknown key; did you mean {guess!r}?"
    elsewhere = _elsewhere(path, root, data)
    if elsewhere:
        return f"unknown key here; did you mean {dotted(elsewhere)!r}?"
    known = ", ".join(settings_at(root, data, path[:-1]).model_fields)
    name = _at(path[:-1], data).get("name")
    owner = f" of {name!r}" if isinstance(name, str) else ""
    return f"unknown key{owner}; known: {known}" if known else f"unknown key{owner}; it has none"


def _elsewhere(path: KeyPath, root: type[Settings], data: Any) -> KeyPath | None:
    """Return where else the config may say the key: below or near the place where it does."""

    def distance(other: KeyPath) -> tuple[int, int]:
        pairs = zip(path, other, strict=False)
        return -len(list(takewhile(lambda pair: pair[0] == pair[1], pairs))), len(other)

    return min(places_of(str(path[-1]), root, data), key=distance, default=None)


def _missing(path: KeyPath, root: type[Settings], data: Any) -> str:
    if isinstance(path[-1], int):
        return "missing; the list is too short"
    if path[-1] == "name":
        return "missing; it says which one to take"
    field = settings_at(root, data, path[:-1]).model_fields.get(path[-1])
    about = field.description if field else None
    return f"missing ({about})" if about else "missing"


def _unknown_name(name: Any, named: Named) -> str:
    return f"{named.table.unknown(name)} {choices(named.table)}"


def choices(table: Table[Any]) -> str:
    """Say what a table holds, or where that can be seen."""
    names = table.names()
    if len(names) > _FEW:
        return f"`snnrun list {table.title}` shows all"
    return f"known: {', '.join(names)}"


def _expected(error: Error) -> str:
    """Return what was expected, or nothing where pydantic's own words must do."""
    if error["type"] not in _EXPECTED:
        return ""
    context = error.get("ctx", {})
    words = {key: v if isinstance(v, str) else shown(v) for key, v in context.items()}
    words["kind"] = "a map" if context.get("field_type") == "Dictionary" else "a list"
    return _EXPECTED[error["type"]].format(**words)


def _nearest_text(value: Any, error: Error) -> str:
    guess = near(str(value), re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    return f"; did you mean {guess!r}?" if guess else ""


def _at(path: KeyPath, data: Any) -> Any:
    for key in path:
        data = data[key]
    return data
