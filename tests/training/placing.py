"""Where in a config an entry of a table can be put."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from snnrun.config.fields import Entries, Shape, shapes, tables_of
from snnrun.core.named import Named
from snnrun.core.registry import PREFIX, Settings, Table
from tests.training.covering import Part

#: What may be said of an entry of a table.
Ways = Callable[[Table, str], list[dict[str, Any]]]


def placed(shape: Shape, value: Any, part: Part, ways: Ways) -> Iterator[Any]:
    """Yield a value of a config with an entry put into it, in every way there is.

    Args:
        shape: what the value may be.
        value: as a config says it; None where it says nothing.
        part: the table and the name of the entry.
        ways: what may be said of an entry.
    """
    if isinstance(shape, Entries):
        yield from (_keyed if shape.keyed else _listed)(shape, value, part, ways)
    elif isinstance(shape, Named):
        yield from _chosen(shape, value or {}, part, ways)
    elif _holds(shape, part):
        known = value or {}
        for key, field in shape.model_fields.items():
            for inner in shapes(field):
                for changed in placed(inner, known.get(key), part, ways):
                    yield {**known, key: changed}


def _chosen(shape: Named, value: dict[str, Any], part: Part, ways: Ways) -> Iterator[Any]:
    if _is_of(shape.table, part):
        fields = shape.table[part[1]].settings.model_fields
        kept = {key: each for key, each in value.items() if key in fields}
        for said in ways(shape.table, part[1]):
            yield {**said, **kept, "name": part[1]}
            yield said
        return
    current = value.get("name", shape.default)
    for name, entry in shape.table.known.items():
        if name != current and shape.table in _below(entry.settings):
            continue  # layers of layers of layers
        for said in [value] if name == current else ways(shape.table, name):
            for changed in placed(entry.settings, said, part, ways):
                yield {**changed, "name": name}


def _keyed(shape: Entries, value: Any, part: Part, ways: Ways) -> Iterator[Any]:
    known = value or {}
    for inner in shape.holds:
        for key, each in known.items():
            for changed in placed(inner, each, part, ways):
                yield {**known, key: changed}
        for changed in placed(inner, None, part, ways):
            yield {**known, "more": changed}


def _listed(shape: Entries, value: Any, part: Part, ways: Ways) -> Iterator[Any]:
    items = list(value or [])
    for inner in shape.holds:
        for index, each in enumerate(items):
            for changed in placed(inner, each, part, ways):
                yield [*items[:index], changed, *items[index + 1 :]]
        for changed in placed(inner, None, part, ways):
            for index in range(len(items), -1, -1):
                yield [*items[:index], changed, *items[index:]]


@cache
def _below(settings: type[Settings]) -> list[Table]:
    return tables_of(settings)


def _holds(settings: type[Settings], part: Part) -> bool:
    return any(_is_of(table, part) for table in _below(settings))


def _is_of(table: Table, part: Part) -> bool:
    return table.group == PREFIX + part[0]
