"""Which settings lie inside other settings: the tree that a config follows."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic.fields import FieldInfo

from snnrun.core.paths import KeyPath
from snnrun.core.registry import Entry, Named, Settings

#: What a field may hold: a class of settings, or a choice by name.
Part = type[Settings] | Named


def parts(field: FieldInfo) -> list[Part]:
    """Return the settings classes and named choices that a field, or a list in it, may hold."""
    chosen = [each for each in field.metadata if isinstance(each, Named)]
    return list(chosen or _inside(field.annotation))


def _inside(annotation: Any) -> Iterator[Part]:
    chosen = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Named)]
    if chosen:
        yield from chosen
    elif isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from _inside(inner)


def settings_at(root: type[Settings], data: Any, path: KeyPath) -> type[Settings]:
    """Return the class that checks the map at ``path`` of a config checked by ``root``."""
    choices: list[Part] = [root]
    for key in path:
        if isinstance(key, str):
            choices = parts(_select(choices, data).model_fields[key])
        data = data[key]
    return _select(choices, data)


def _select(choices: list[Part], data: dict[str, Any]) -> type[Settings]:
    """Return the class that ``data`` names, or that knows most of its keys."""
    classes = [_class_of(each, data) for each in choices]
    return max(classes, key=lambda each: len(each.model_fields.keys() & data.keys()))


def _class_of(part: Part, data: dict[str, Any]) -> type[Settings]:
    if not isinstance(part, Named):
        return part
    entry = part.table.get(str(data.get("name", part.default)))
    return entry.settings if entry else Settings


def named_choices(root: type[Settings]) -> dict[str, Named]:
    """Return every kind of named choice that can be reached from ``root``: kind -> choice.

    Tables of one kind, such as the losses of each learning rule, are put together.
    """
    found: dict[str, Named] = {}
    _collect(root, found, [])
    return found


def _collect(
    settings: type[Settings], found: dict[str, Named], seen: list[Mapping[str, Entry]]
) -> None:
    for field in settings.model_fields.values():
        for part in parts(field):
            if not isinstance(part, Named):
                _collect(part, found, seen)
            elif part.table not in seen:
                seen.append(part.table)
                before = found[part.kind].table if part.kind in found else {}
                found[part.kind] = Named({**before, **part.table}, part.kind, part.default)
                for entry in part.table.values():
                    _collect(entry.settings, found, seen)
