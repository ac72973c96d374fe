"""Tables, settings and experiments in words, for ``snnrun list``, ``show`` and ``validate``."""

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from snnrun.catalog import Listing, find_entries, find_listing, listings
from snnrun.config.fields import Entries, Shape, homes_of, shapes
from snnrun.config.shipped import names, summary
from snnrun.config.typewords import default_words, type_words
from snnrun.core.aligning import GAP, aligned, widths_of
from snnrun.core.named import Named
from snnrun.core.registry import Settings, Table
from snnrun.evaluation import needs_of
from snnrun.evaluation.measure import MeasureEntry
from snnrun.experiment import Experiment
from snnrun.plots import Plot
from snnrun.train_settings import Train

#: Settings that have no name in any table.
SECTIONS: dict[str, type[Settings]] = {"train": Train}
_NARROW_LAST, _NARROW, _LEAST = 24, 10, 12  # characters of a column, where the terminal is narrow


def list_text(name: str | None = None) -> str:
    """Return the entries of the table called ``name``, or of all tables; or configs.

    Raises:
        ConfigError: there is no such table.
    """
    if name == "configs":
        rows = ([f"  {each}", summary(each)] for each in names())
        return "\n".join(["configs that come with snnrun", *columns(rows)])
    chosen = [find_listing(name)] if name else listings()
    width = max(len(name) for listing in chosen for name, _ in listing.entries)
    return "\n\n".join(_listing_text(listing, width) for listing in chosen)


def _listing_text(listing: Listing, width: int) -> str:
    rows = ([f"  {name:{width}}", entry.summary] for name, entry in listing.entries)
    return "\n".join([listing.name, *columns(rows)])


def show_text(name: str) -> str:
    """Return everything about the entries called ``name``, of whatever kind.

    Raises:
        ConfigError: nothing is called so; the text names the nearest.
    """
    if name in SECTIONS:
        return "\n".join([f"{name} (section of a config)", *_settings_text(SECTIONS[name])])
    return "\n\n".join(_entry_text(name, table, entry) for table, entry in find_entries(name))


def _entry_text(name: str, table: Table[Any], entry: Any) -> str:
    lines = [f"{name} ({table.kind})", *_wrapped(entry.summary), *_place_text(name, table)]
    if getattr(entry, "paper", ""):
        lines += _wrapped(f"Paper: {entry.paper}")
    if isinstance(entry, Plot | MeasureEntry):
        lines += _needs_text(entry)
    if hasattr(entry, "settings"):
        lines += _settings_text(entry.settings)
    return "\n".join(lines)


def _place_text(name: str, table: Table[Any]) -> list[str]:
    """Say where a config names it."""
    places = homes_of(table, Experiment)
    if not places:
        return []
    more = f", {places[1]}" if len(places) == 2 else f" and {len(places) - 1} others"
    others = more if len(places) > 1 else ""
    key, listed = places[0].removesuffix(".0"), places[0].endswith(".0")
    entry = f"[{{name: {name}, ...}}]" if listed else f"{{name: {name}, ...}}"
    return _wrapped(f"In a config: {key}: {entry}{others}")


def _needs_text(entry: Plot | MeasureEntry) -> list[str]:
    """Say which measures a figure is drawn from, and what a model, data or a rule must offer."""
    measures = entry.measures if isinstance(entry, Plot) else ()
    needs = needs_of(entry) if isinstance(entry, Plot) else entry.needs
    lines = [f"Measures: {', '.join(measures)}"] if measures else []
    lines += [f"Needs: {'; '.join(sorted(map(str, needs)))}"] if needs else []
    return [part for line in lines for part in _wrapped(line)]


def _settings_text(settings: type[Settings]) -> list[str]:
    rows = list(_rows(settings, "  "))
    if not rows:
        return ["It has no settings."]
    return ["", *columns([["  setting", "takes", "default", "meaning"], *rows])]


def _rows(
    settings: type[Settings], indent: str, around: tuple[Table[Any], ...] = ()
) -> Iterator[list[str]]:
    """Yield name, type, default and meaning of each setting, and of those inside it.

    The entries of a table that stand ``around`` are not listed again.
    """
    for name, field in settings.model_fields.items():
        meaning = field.description or ""
        yield [indent + name, type_words(field), default_words(field), meaning]
        yield from _inner_rows(shapes(field), indent + "  ", around)


def _inner_rows(
    found: Iterable[Shape], indent: str, around: tuple[Table[Any], ...]
) -> Iterator[list[str]]:
    """Yield the rows of what lies in a field; those of all entries of a map stand there once."""
    for shape in found:
        if isinstance(shape, Named):
            for choice, entry in shape.table.items() if shape.table not in around else ():
                yield [f"{indent}name: {choice}", "", "", entry.summary]
                yield from _rows(entry.settings, indent + "  ", (*around, shape.table))
        elif isinstance(shape, Entries):
            rows = list(_inner_rows(shape.holds, indent + "  " * shape.keyed, around))
            if rows and shape.keyed:
                yield [f"{indent}<name>", "", "", ""]
            yield from rows
        else:
            yield from _rows(shape, indent, around)


def experiment_text(experiment: Experiment) -> str:
    """Return the config with every default, and the shapes and sizes of the layers."""
    layers = experiment.layers()
    total = sum(parameters for *_, parameters in layers)
    rows = [[f"  {name}", shape, f"{count:>10,}"] for name, shape, count in layers]
    heading = ["  layer", "shape", "parameters"]
    table = columns([heading, *rows, ["  total", "", f"{total:>10,}"]])
    more = list(experiment.model.words(experiment.model_input))
    rows = [[f"  {what}", name, text] for what, name, text in more]
    return "\n".join(
        [experiment.dump_yaml(), *table, *([""] if rows else []), *(columns(rows) if rows else [])]
    )


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns; cells are wrapped so that rows fit the terminal.

    The last column is wrapped first; the first one never is.
    """
    rows = list(rows)
    widths = _fitting(widths_of(rows))
    lines: list[Sequence[str]] = []
    for row in rows:
        cells = [textwrap.wrap(text, width) for text, width in zip(row, widths, strict=True)]
        cells[0] = [row[0]]
        lines += zip_longest(*cells, fillvalue="")
    return aligned(lines, least=widths)


def _fitting(widths: list[int]) -> list[int]:
    """Return the widths of columns of these widths that fit side by side in the terminal."""
    room = _width() - len(GAP) * (len(widths) - 1)
    first, *inner, last = widths
    last = min(last, max(room - first - sum(inner), _NARROW_LAST))
    while inner and first + sum(inner) + last > room and max(inner) > _NARROW:
        inner[inner.index(max(inner))] -= 1
    return [first, *inner, min(last, max(room - first - sum(inner), _LEAST))]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _width())


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 140)
