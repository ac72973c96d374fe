"""Turn what pydantic finds wrong with a config into lines that say where and what.

yin_yang.yaml:18:3: model.treshold: unknown key; did you mean 'threshold'?
yin_yang.yaml:24:3: train.epochs: must be 1 or more, got -3
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from snnrun.config.reading import Document
from snnrun.config.wording import Error, meant_key, say
from snnrun.core.paths import KeyPath, brief, cut, dotted, path_in
from snnrun.core.registry import Settings
from snnrun.errors import ConfigError

Found = tuple[KeyPath, Error]
Problems = dict[KeyPath, list[Error]]

_MOST, _LONGEST = 50, 1000  # problems that are told, and characters of one
_OTHER_KIND = ("literal_error", "none_required")


def explain(
    error: ValidationError,
    document: Document,
    root: type[Settings],
    misplaced: Mapping[KeyPath, str] | None = None,
) -> list[str]:
    """Return one line for each thing that is wrong.

    What is said of a thing takes its time, so of very many the later ones are only counted.

    Args:
        error: what pydantic found.
        document: the config.
        root: the class that checked it.
        misplaced: components that cannot stand there, whatever their settings, and why; nothing
            else is said of them.
    """
    data, misplaced = document.data, misplaced or {}
    every: Problems = {}
    for path, each in _nearest(_flat(error.errors(include_url=False)), data):
        path, each = _at_its_key(path, each, document)
        if not any(path[: len(owner)] == owner for owner in misplaced):
            every.setdefault(path, []).append(each)
    problems, counted = _first(every, document)
    misspelt = {
        (*path[:-1], meant_key(path, root, data))
        for path, errors in problems.items()
        if errors[0]["type"] == "extra_forbidden"
    }
    old = _of_another_name(problems, document)
    lines = [_afresh(owner, keys, document) for owner, keys in old.items()]
    for owner, text in misplaced.items():
        lines.append(f"{document.where((*owner, 'name'))}: {dotted(owner)}: {text}")
    for path, errors in problems.items():
        if path[-1:] and path[-1] in old.get(path[:-1], ()):
            continue
        kind = errors[0]["type"]
        absent = kind == "missing"
        if (absent and path in misspelt) or (kind == "too_short" and _inside(path, problems)):
            continue
        place = document.where(path[:-1] if absent else path)
        start = ": ".join(filter(None, [place, brief(path)]))
        if not _refused(path, start, document):
            lines.append(f"{start}: {say(path, errors, root, data)}")
    return lines + counted


def _first(problems: Problems, document: Document) -> tuple[Problems, list[str]]:
    """Return those problems that come first in the config, and a line for each of the others."""
    if len(problems) <= 2 * _MOST:
        return problems, []
    places = {f"{document.where(path)}: {brief(path)}": path for path in problems}
    lines = in_order(places)
    return {places[line]: problems[places[line]] for line in lines[: 2 * _MOST]}, lines[2 * _MOST :]


def _at_its_key(path: KeyPath, error: Error, document: Document) -> Found:
    """Move what is said of a map to the key in it with which the text begins, if it does."""
    if error["type"] != "value_error":
        return path, error
    key, colon, text = str(error["ctx"]["error"]).partition(": ")
    inner = path_in(key)
    if not colon or document.node((*path, inner[0])) is None:
        return path, error
    return (*path, *inner), {**error, "ctx": {"error": text}}


def _of_another_name(problems: Problems, document: Document) -> dict[KeyPath, list[str]]:
    """Return the maps that an override names anew -> the keys in it that the new name has not."""
    found: dict[KeyPath, list[str]] = {}
    for path, errors in problems.items():
        if errors[0]["type"] == "extra_forbidden":
            owner = path[:-1]
            renamed = document.is_overridden((*owner, "name"))
            if renamed and not document.is_overridden(path):
                found.setdefault(owner, []).append(str(path[-1]))
    return found


def _afresh(owner: KeyPath, keys: list[str], document: Document) -> str:
    """Say how to leave out the keys that belong to the old name."""
    path = (*owner, "name")
    node = document.node(path)
    name = node.value if node else None
    return (
        f"{document.where(path)}: {dotted(path)}: {name!r} has no {', '.join(keys)}; "
        f"'{dotted(owner)}={name}' starts afresh"
    )


def _refused(path: KeyPath, start: str, document: Document) -> bool:
    """Tell whether a value is absent because it could not be read, which was said already."""
    node = document.node(path)
    absent = node is not None and node.value is None
    return absent and any(problem.startswith(f"{start}: ") for problem in document.problems)


def told(lines: Iterable[str]) -> ConfigError:
    """Return the error that tells of these problems, each once; of very many, the first."""
    every = in_order(lines)
    return ConfigError([cut(line, _LONGEST) for line in every[:_MOST]], len(every[_MOST:]))


def in_order(lines: Iterable[str]) -> list[str]:
    """Return the lines, each once, by file, line and column; overrides come last."""

    def place(line: str) -> tuple[str, int, int]:
        found = re.match(r"(.*?):(\d+):(\d+): ", line) or re.match(r"override ()()(\d+)", line)
        return (found[1], int(found[2] or 0), int(found[3])) if found else ("", 0, 0)

    unique = dict.fromkeys(lines)
    return sorted(unique, key=lambda line: (line.startswith("override"), *place(line)))


def words(data: Any) -> Any:
    """Return ``data`` with text for booleans, which pydantic would also take for 0 and 1."""
    if isinstance(data, dict):
        return {key: words(value) for key, value in data.items()}
    if isinstance(data, list):
        return [words(value) for value in data]
    return str(data).lower() if isinstance(data, bool) else data


def _inside(path: KeyPath, problems: Iterable[KeyPath]) -> bool:
    """Tell whether an entry of the list at ``path`` is wrong; pydantic then calls it too short."""
    return any(other[: len(path)] == path != other for other in problems)


def _flat(errors: Iterable[Error], outer: KeyPath = ()) -> Iterator[Found]:
    """Yield path and error, of those inside named choices too."""
    for error in errors:
        path = (*outer, *error["loc"])
        if error["type"] == "nested":
            yield from _flat(error["ctx"]["problems"], path)
        else:
            yield path, error


def _nearest(errors: Iterable[Found], data: Any) -> Iterator[Found]:
    """Yield the errors; where a value may be this or that, those of the nearest alternative."""
    unions: dict[KeyPath, dict[str | int, list[Found]]] = {}
    for path, error in errors:
        real, fork, alternative = _untagged(path, error, data)
        if alternative is None:
            yield real, error
        else:
            unions.setdefault(fork, {}).setdefault(alternative, []).append((real, error))
    for fork, alternatives in unions.items():
        nearest = [found for found in alternatives.values() if not _all_refuse(fork, found)]
        if not any(_knows_more(fork, *each) for found in nearest for each in found):
            nearest = list(alternatives.values())
        fewest = min(map(len, nearest))
        best = [found for found in nearest if len(found) == fewest]
        plain = all(real == fork for found in best for real, _ in found)
        for found in best if plain else best[:1]:
            yield from found


def _knows_more(fork: KeyPath, real: KeyPath, error: Error) -> bool:
    """Tell whether an error is about what is in a value, not about which kinds it may be of."""
    return real != fork or error["type"] == "value_error"


def _all_refuse(fork: KeyPath, found: Iterable[Found]) -> bool:
    """Tell whether the value at ``fork`` is of another kind: a map where a number is due, say."""
    return all(
        real == fork and (error["type"].endswith("_type") or error["type"] in _OTHER_KIND)
        for real, error in found
    )


def _untagged(path: KeyPath, error: Error, data: Any) -> tuple[KeyPath, KeyPath, str | int | None]:
    """Split pydantic's path into keys of ``data`` and the name of an alternative, if it has one.

    Returns:
        the keys; those of them that lead to the value that may be this or that; the name.
    """
    keys: list[str | int] = []
    fork: KeyPath = ()
    alternative: str | int | None = None
    for depth, key in enumerate(path):
        absent = error["type"] == "missing" and depth == len(path) - 1
        entry = isinstance(data, list) and isinstance(key, int)
        if isinstance(data, dict):
            key, entry = str(key), str(key) in data  # keys of maps are text, also "0"
        if absent or entry:
            keys.append(key)
            data = None if absent else data[key]
        elif alternative is None:
            fork, alternative = tuple(keys), key
    return tuple(keys), fork, alternative
