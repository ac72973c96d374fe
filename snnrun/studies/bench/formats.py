"""The table of a bench for people: text for terminals, Markdown for documents; JSON."""

import json
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.bench.table import Row, Table, as_csv

HEADS = ("kernel", "threads", "ms", "twin, ms", "times faster", "of bandwidth", "of arithmetic")
COUNTED = ("kernel", "input", "an element is a", "elements", "bytes", "operations")
ABSENT = "The kernels are not compiled here: the readable twins alone were timed."
MEANING = (
    "ms: median of interleaved repetitions, and their middle half. Bandwidth is that of a triad of "
    "arrays as large together, arithmetic that of a float32 product of torch, both measured in "
    "the same turns; bytes and operations of an element:"
)


def as_text(table: Table) -> str:
    """Return two tables with aligned columns, under what they were measured on."""
    parts = [_aligned([HEADS, *map(_timed, table.rows)])]
    if not _compiled(table):
        parts.append(ABSENT)
    parts += [_wrapped(MEANING), _aligned([COUNTED, *map(_counted, _each_kernel(table))])]
    return "\n\n".join(["\n".join(head(table)), *parts]) + "\n"


def as_markdown(table: Table) -> str:
    """Return the same in Markdown."""
    parts = [", ".join(head(table)) + ".", _piped([HEADS, *map(_timed, table.rows)])]
    if not _compiled(table):
        parts.append(ABSENT)
    parts += [MEANING, _piped([COUNTED, *map(_counted, _each_kernel(table))])]
    return "\n\n".join(parts) + "\n"


def as_json(table: Table) -> str:
    """Return machine and rows."""
    found = {"machine": dict(table.machine), "rows": [asdict(row) for row in table.rows]}
    return json.dumps(found, indent=1) + "\n"


#: name -> what writes a table so, and the ends of names of files that mean it
FORMATS: dict[str, tuple[Callable[[Table], str], tuple[str, ...]]] = {
    "text": (as_text, (".txt",)),
    "csv": (as_csv, (".csv",)),
    "json": (as_json, (".json",)),
    "markdown": (as_markdown, (".md",)),
}


def chosen(name: str | None, file: Path | None) -> Callable[[Table], str]:
    """Return what writes a table in a format, by its name, else by that of a file, else as text.

    Raises:
        ConfigError: there is no such format.
    """
    if name is None:
        end = "" if file is None else file.suffix
        found = (each for each, (_, ends) in FORMATS.items() if end in ends)
        name = next(found, "text")
    if name not in FORMATS:
        guess = near(name, FORMATS)
        hint = f"did you mean {guess!r}? known:" if guess else "known:"
        raise ConfigError(f"bench: unknown format {name!r}; {hint} {', '.join(FORMATS)}")
    return FORMATS[name][0]


def head(table: Table) -> list[str]:
    """Return on what was measured, and with which versions."""
    of = table.machine
    kernels = f"kernels for {of['level']}" if _compiled(table) else "no compiled kernels"
    return [
        f"{of['cpu']}, {of['cores']} cores, {of['system']}",
        f"snnrun {of['snnrun']}, {kernels}, torch {of['torch']}, numpy {of['numpy']}, "
        f"Python {of['python']}",
    ]


def _compiled(table: Table) -> bool:
    return table.machine["level"] != "twins"


def _each_kernel(table: Table) -> list[Row]:
    """Return one row of each kernel."""
    return list({row.kernel: row for row in table.rows}.values())


def _timed(row: Row) -> Sequence[str]:
    faster = "" if row.times_faster is None else f"{row.times_faster:.3g}"
    return (
        row.kernel, str(row.threads), _time(row.ms, row.spread),
        _time(row.twin_ms, row.twin_spread), faster,
        _share(row.of_bandwidth), _share(row.of_arithmetic),
    )  # fmt: skip


def _counted(row: Row) -> Sequence[str]:
    operations = "" if row.operations is None else f"{row.operations:.3g}"
    return row.kernel, row.size, row.element, f"{row.elements:,}", f"{row.bytes:.3g}", operations


def _time(ms: float | None, spread: float | None) -> str:
    """Return a time with its spread.

    Example:
        >>> _time(0.12345, 0.0371), _time(None, None)
        ('0.123 ± 2 %', '')
    """
    return "" if ms is None or spread is None else f"{ms:.3g} ± {50 * spread:.0f} %"


def _share(share: float | None) -> str:
    """Return a share in percent.

    Example:
        >>> _share(0.643), _share(0.0042), _share(None)
        ('64 %', '< 1 %', '')
    """
    if share is None:
        return ""
    return "< 1 %" if share < 0.005 else f"{100 * share:.0f} %"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with words to the left, and numbers, which have no letter, to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [any(map(str.isalpha, "".join(column[1:]))) for column in columns]
    lines = (
        "  ".join(
            f"{cell:{'<' if left else '>'}{width}}"
            for cell, width, left in zip(row, widths, words, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _piped(rows: Sequence[Sequence[str]]) -> str:
    first, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([first, "|---" * len(rows[0]) + "|", *others])


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 100))
