"""What a config can say, in Markdown: the settings of each component, as ``snnrun show`` tells."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic.fields import FieldInfo

from snnrun.catalog import find_listing
from snnrun.config.fields import Entries, Shape, shapes
from snnrun.config.typewords import default_words, type_words
from snnrun.core.named import Named
from snnrun.core.registry import PREFIX, Settings, Table
from snnrun.evaluation import needs_of
from snnrun.evaluation.measure import MeasureEntry
from snnrun.experiment import Experiment
from snnrun.plots import Plot
from snnrun.train_settings import Train

_CHOICE = "{name: ...}"
_SPECIAL = str.maketrans({each: f"\\{each}" for each in r"\`*_{}[]<>|#"})


def plain(text: str) -> str:
    """Return Markdown that shows this text as it is."""
    return text.translate(_SPECIAL)


def code(text: str) -> str:
    """Return Markdown that shows this text as code, in a cell of a table too.

    Example:
        >>> code("a | b"), code("")
        ('`a \\\\| b`', '')
    """
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""


def target(table: Table[Any], name: str = "") -> str:
    """Return the anchor of a table, or of an entry of it."""
    return "-".join(["settings", table.group.removeprefix(PREFIX), *([name] if name else [])])


def listed(names: Iterable[str]) -> str:
    """Return the components of these lists, with all that a config can say of each."""
    return "\n\n".join(part for name in names for part in _listing(name))


def sections() -> str:
    """Return what a config can say outside of components."""
    top = ["## `config`", "The file itself.", *_settings(Experiment)]
    return "\n\n".join([*top, "## `train`", plain(Train.__doc__ or ""), *_settings(Train)])


def _listing(name: str) -> Iterator[str]:
    tables = find_listing(name).tables
    if len(tables) > 1:
        yield f"## {name.capitalize()}"
    for table in tables:
        own = table.group.removeprefix(PREFIX)
        yield f"({target(table)})="
        yield f"### `{own}`" if len(tables) > 1 else f"## {name.capitalize()}"
        for each, entry in table.items():
            yield f"({target(table, each)})="
            yield f"#### `{each}`" if len(tables) > 1 else f"### `{each}`"
            yield from _entry(entry)


def _entry(entry: Any) -> Iterator[str]:
    yield plain(entry.summary)
    if getattr(entry, "paper", ""):
        yield f"Paper: {plain(entry.paper)}"
    if isinstance(entry, Plot) and entry.measures:
        yield f"Drawn from: {', '.join(map(code, entry.measures))}"
    if isinstance(entry, Plot | MeasureEntry):
        needs = needs_of(entry) if isinstance(entry, Plot) else entry.needs
        if needs:
            yield f"Needs: {plain('; '.join(sorted(map(str, needs))))}"
    if hasattr(entry, "settings"):
        yield from _settings(entry.settings)


def _settings(settings: type[Settings]) -> Iterator[str]:
    rows = ["| " + " | ".join(row) + " |" for row in _rows(settings, "")]
    if rows:
        yield "\n".join(["| setting | takes | default | meaning |", "|---|---|---|---|", *rows])


def _rows(settings: type[Settings], before: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, default and meaning of each setting, and of those inside it."""
    for name, field in settings.model_fields.items():
        meaning = plain(field.description or "")
        yield code(before + name), _takes(field), code(default_words(field)), meaning
        yield from _inside(shapes(field), before + name)


def _inside(found: Iterable[Shape], path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rows of maps in a field; what is chosen by name has a table of its own."""
    for shape in found:
        if isinstance(shape, Entries):
            yield from _inside(shape.holds, f"{path}.<name>" if shape.keyed else f"{path}.0")
        elif not isinstance(shape, Named):
            yield from _rows(shape, f"{path}.")


def _takes(field: FieldInfo) -> str:
    """Return what a field takes, with a link to what can be chosen by name."""
    words = plain(type_words(field))
    for table in dict.fromkeys(_tables(shapes(field))):
        link = f"[{table.group.removeprefix(PREFIX)}](#{target(table)})"
        words = words.replace(plain(_CHOICE), f"one of {link}", 1)
    return words


def _tables(found: Iterable[Shape]) -> Iterator[Table[Any]]:
    for shape in found:
        if isinstance(shape, Named):
            yield shape.table
        elif isinstance(shape, Entries):
            yield from _tables(shape.holds)
