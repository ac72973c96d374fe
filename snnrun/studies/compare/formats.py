"""A comparison as text, CSV, Markdown and HTML; as LaTeX: :mod:`snnrun.studies.compare.latex`."""

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.core.aligning import aligned
from snnrun.errors import ConfigError
from snnrun.studies.compare.latex import as_latex
from snnrun.studies.compare.records import record_of
from snnrun.studies.compare.table import Cell, Table, table_of

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison

WIDTH = 100  # characters of the sentences below a table


def as_text(whole: "Comparison") -> str:
    """Return a table with aligned columns, for a terminal; a star marks the best."""
    table = table_of(whole)
    starred = [[f"{cell.text} *" if cell.best else cell.text for cell in row] for row in table.rows]
    best = any(cell.best for row in table.rows for cell in row)
    numbers = range(table.words, len(table.heads))
    parts = [aligned([table.heads, *starred], right=numbers)]
    if table.settings:
        parts.append(aligned([["setting", *_names(table)], *table.settings]))
    sentences = [table.caption + (" * the best." if best else ""), *map(_sentence, table.notes)]
    told = "\n".join(textwrap.fill(sentence, WIDTH) for sentence in sentences)
    return "\n\n".join([*map("\n".join, parts), told]) + "\n"


def as_markdown(whole: "Comparison") -> str:
    """Return tables with pipes; the best is bold."""
    table = table_of(whole)
    parts = [_piped(table.heads, table.rows, table.words)]
    if table.settings:
        rows = [[Cell(text) for text in row] for row in table.settings]
        parts.append(_piped(["setting", *_names(table)], rows, len(table.rows) + 1))
    return "\n\n".join([*parts, table.caption, *map(_sentence, table.notes)]) + "\n"


def as_csv(whole: "Comparison") -> str:
    """Return a line for each group, all numbers in full."""
    rows = [record_of(group, whole) for group in whole.groups]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row, group in zip(rows, whole.groups, strict=True):
        null = {key for key, value in group.settings.items() if value is None}
        writer.writerow("null" if key in null else _plain(value) for key, value in row.items())
    return text.getvalue()


def as_html(whole: "Comparison") -> str:
    """Return a table for notebooks."""
    table = table_of(whole)
    parts = [_html(table.heads, table.rows)]
    if table.settings:
        rows = [[Cell(text) for text in row] for row in table.settings]
        parts.append(_html(["setting", *_names(table)], rows))
    notes = "".join(f"<p>{escape(text)}</p>" for text in (table.caption, *table.notes))
    return "".join(parts) + notes


#: How each format is made, by its name.
FORMATS: dict[str, "Callable[[Comparison], str]"] = {
    "text": as_text,
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
    "html": as_html,
}
_SUFFIXES = {".txt": "text", ".csv": "csv", ".md": "markdown", ".tex": "latex", ".html": "html"}


def format_of(path: Path) -> str:
    """Return the format that a file is to have, by its suffix.

    Raises:
        ConfigError: its suffix says none.
    """
    if path.suffix not in _SUFFIXES:
        raise ConfigError(
            f"{path}: expected a name that ends in {', '.join(_SUFFIXES)}, or a --format"
        )
    return _SUFFIXES[path.suffix]


def _names(table: Table) -> list[str]:
    """Return what the rows are called."""
    return [", ".join(cell.text for cell in row[: table.words]) for row in table.rows]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | list | dict) else value


def _piped(heads: Sequence[str], rows: Sequence[Sequence[Cell]], words: int) -> str:
    marks = ["---" if place < words else "---:" for place in range(len(heads))]
    cells = [[_bold(cell, "**{}**") for cell in row] for row in rows]
    lines = [map(_unpiped, heads), marks, *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bold(cell: Cell, how: str) -> str:
    return how.format(_unpiped(cell.text)) if cell.best else _unpiped(cell.text)


def _unpiped(text: str) -> str:
    """Return a text that is one cell of a Markdown table, and no mark-up."""
    for mark in "\\|*_`<":
        text = text.replace(mark, f"\\{mark}")
    return text


def _html(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{each}</{tag}>" for each in cells) + "</tr>"

    body = (
        line([f"<b>{escape(c.text)}</b>" if c.best else escape(c.text) for c in row], "td")
        for row in rows
    )
    return f"<table>{line([escape(head) for head in heads], 'th')}{''.join(body)}</table>"
