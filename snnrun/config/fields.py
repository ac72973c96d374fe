"""Which settings lie inside other settings: the tree that a config follows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from snnrun.core.named import Named
from snnrun.core.paths import KeyPath
from snnrun.core.registry import Entry, Settings, Table

#: What a field may hold: a class of settings, or a choice by name.
Part = type[Settings] | Named


@dataclass(frozen=True)
class Entries:
    """A list, or a map whose keys are free, and what its entries may be."""

    keyed: bool
    holds: "tuple[Shape, ...]"


#: What settings may lie in: themselves, or entries of lists and maps.
Shape = Part | Entries


def shapes(field: FieldInfo) -> list[Shape]:
    """Return what a field may hold; numbers and text, which hold nothing, are left out."""
    return list(_shapes(field.annotation, field.metadata))


def parts(field: FieldInfo) -> list[Part]:
    """Return the settings classes and named choices that a field, or entries in it, may hold."""
    return list(_flat(shapes(field)))


def _shapes(annotation: Any, metadata: Iterable[Any] = ()) -> Iterator[Shape]:
    known = (*metadata, *getattr(annotation, "__metadata__", ()))
    chosen = [each for each in known if isinstance(each, Named)]
    origin, inner = get_origin(annotation), get_args(annotation)
    if chosen:
        yield from chosen
    elif isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield Entries(True, tuple(_shapes(inner[1])))
    elif isinstance(origin, type) and issubclass(origin, Iterable):
        yield Entries(False, tuple(shape for each in inner for shape in _shapes(each)))
    else:  # this or that
        for each in inner:
            yield from _shapes(each)


def _flat(found: Iterable[Shape]) -> Iterator[Part]:
    for shape in found:
        if isinstance(shape, Entries):
            yield from _flat(shape.holds)
        else:
            yield shape


def settings_at(root: type[Settings], data: Any, path: KeyPath) -> type[Settings]:
    """Return the class that checks the map at ``path`` of a config checked by ``root``.

    A map whose keys are free is checked by ``Settings`` itself, which knows no key.
    """
    choices: Iterable[Shape] = [root]
    for key in path:
        choices = _inside(choices, data, key)
        data = data[key]
    return select(choices, data)


def _inside(choices: Iterable[Shape], data: Any, key: str | int) -> Iterable[Shape]:
    """Return what the value under ``key`` of ``data`` may hold, if ``data`` may be ``choices``."""
    choices = list(choices)
    keyed = isinstance(data, dict)
    if keyed and str(key) in (known := select(choices, data).model_fields):
        return shapes(known[str(key)])
    entries = [each for each in choices if isinstance(each, Entries) and each.keyed == keyed]
    return [shape for each in entries for shape in each.holds]


def select(choices: Iterable[Shape], data: Mapping[str, Any]) -> type[Settings]:
    """Return the class that ``data`` names, or that knows most of its keys."""
    classes = [_class_of(each, data) for each in choices if not isinstance(each, Entries)]
    return max(
        classes, key=lambda each: len(each.model_fields.keys() & data.keys()), default=Settings
    )


def _class_of(part: Part, data: Mapping[str, Any]) -> type[Settings]:
    if not isinstance(part, Named):
        return part
    entry = part.table.get(str(data.get("name", part.default)))
    return entry.settings if entry else Settings


def keys_of(root: type[Settings], data: Any) -> list[KeyPath]:
    """Return all that a config with this ``data`` may say, outside of lists and free maps."""
    return list(_places(root, data, ()))


def places_of(key: str, root: type[Settings], data: Any) -> list[KeyPath]:
    """Return where a config with this ``data`` may say ``key``, outside of lists and free maps."""
    return [path for path in _places(root, data, ()) if path[-1] == key]


def _places(
    settings: type[Settings], data: Any, around: tuple[type[Settings], ...]
) -> Iterator[KeyPath]:
    """Yield the path of every setting; ``around`` are the classes that this one lies in."""
    for name, field in settings.model_fields.items():
        yield (name,)
        value = data.get(name)
        value = value if isinstance(value, dict) else {}
        inner = select(shapes(field), value)
        if inner not in around:
            yield from ((name, *rest) for rest in _places(inner, value, (*around, inner)))


def homes_of(table: Table[Entry], root: type[Settings]) -> list[str]:
    """Return where a config that ``root`` checks may name an entry of a table.

    Example:
        >>> from snnrun.experiment import Experiment
        >>> from snnrun.learning.optimizers import OPTIMIZERS
        >>> from snnrun.models.sbs.settings import LAYERS
        >>> homes_of(OPTIMIZERS, Experiment), homes_of(LAYERS, Experiment)
        (['train.optimizer'], ['model.layers.0'])
    """
    return list(dict.fromkeys(_homes(table, [root], "", ())))


def _homes(
    table: Table[Entry], choices: Iterable[Shape], key: str, around: tuple[object, ...]
) -> Iterator[str]:
    for shape in choices:
        if isinstance(shape, Entries):
            inner = f"{key}.<name>" if shape.keyed else f"{key}.0"
            yield from _homes(table, shape.holds, inner, around)
            continue
        if isinstance(shape, Named) and shape.table is table:
            yield key
        classes = (
            [entry.settings for entry in shape.table.values()]
            if isinstance(shape, Named)
            else [shape]
        )
        for settings in classes if shape not in around else ():
            for name, field in settings.model_fields.items():
                where = f"{key}.{name}" if key else name
                yield from _homes(table, shapes(field), where, (*around, shape))


def tables_of(root: type[Settings]) -> list[Table[Entry]]:
    """Return every table that a choice below ``root`` is made from, as they are reached."""
    found: list[Table[Entry]] = []
    _collect(root, found)
    return found


def _collect(settings: type[Settings], found: list[Table[Entry]]) -> None:
    for field in settings.model_fields.values():
        for part in parts(field):
            if not isinstance(part, Named):
                _collect(part, found)
            elif part.table not in found:
                found.append(part.table)
                for entry in part.table.values():
                    _collect(entry.settings, found)
