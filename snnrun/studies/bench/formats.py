"""The table of a bench for people: text for terminals, Markdown for documents; JSON."""

import json
import math
import textwrap
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from snnrun.core.aligning import aligned
from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.bench.table import Row, Table, as_csv

Cells = tuple[str, ...]

HEADS = ("kernel", "threads", "ms", "twin, ms", "times faster", "of bandwidth", "of arithmetic")
COUNTED = ("kernel", "input", "an element is a", "elements", "bytes", "operations")
ABSENT = "The kernels are not compiled here: the readable twins alone were timed."
TIMES = "Times are medians of interleaved repetitions; ± is half of what their middle half spans."
LIMITS = (
    "Bandwidth is that of a triad a = b + s c of arrays as large together, arithmetic that of a "
    "product of two float32 matrices of torch, both measured in the same turns."
)
BUSY = (
    "{count} of {all} times have a spread above {most:.0%}: something else was probably running, "
    "and the table is not to be relied on."
)
MOST = 0.2  # of what follows ± where a machine is idle
ELEMENTS = "What a call works through, and bytes and float operations of an element:"


def as_text(table: Table) -> str:
    """Return two tables with aligned columns, under what they were measured on."""
    return _document(table, _aligned, _wrapped)


def as_markdown(table: Table) -> str:
    """Return the same in Markdown."""
    return _document(table, _piped, lambda text: text)


def _document(table: Table, drawn: Callable[[list[Cells]], str], said: Callable[[str], str]) -> str:
    timed = [HEADS, *map(_timed, table.rows)]
    counted = [COUNTED, *map(_counted, {row.kernel: row for row in table.rows}.values())]
    meaning = " ".join([TIMES, LIMITS if _compiled(table) else ABSENT, *_busy(table)])
    first, second = (drawn(_filled(rows)) for rows in (timed, counted))
    parts = ["\n".join(map(said, head(table))), first, said(meaning), said(ELEMENTS), second]
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
        f"{of['cpu']}, {of['cores']} cores, {of['system']}, {of['date']}",
        f"snnrun {of['snnrun']}, {kernels}, torch {of['torch']}, numpy {of['numpy']}, "
        f"Python {of['python']}",
    ]


def _compiled(table: Table) -> bool:
    return table.machine["level"] != "twins"


def _busy(table: Table) -> list[str]:
    """Return what there is to say of a machine that was busy: times of ours, else of the twins."""
    spreads = [row.twin_spread if row.spread is None else row.spread for row in table.rows]
    count = sum(spread / 2 > MOST for spread in spreads)
    said = BUSY.format(count=count, all=len(spreads), most=MOST).replace("%", " %")
    return [said] if count > len(spreads) / 10 else []


def _filled(rows: list[Cells]) -> list[Cells]:
    """Return rows without the columns in which there is nothing but a heading.

    Example:
        >>> _filled([("kernel", "ms"), ("sbs", "")])
        [('kernel',), ('sbs',)]
    """
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    return list(zip(*columns, strict=True))


def _timed(row: Row) -> Cells:
    return (
        row.kernel, str(row.threads), _time(row.ms, row.spread),
        _time(row.twin_ms, row.twin_spread), _number(row.times_faster),
        _share(row.of_bandwidth), _share(row.of_arithmetic),
    )  # fmt: skip


def _counted(row: Row) -> Cells:
    counted = _number(row.bytes), _number(row.operations)
    return row.kernel, row.size, row.element, f"{row.elements:,}", *counted


def _number(x: float | None) -> str:
    """Return a number to three digits, if it is one.

    Example:
        >>> _number(0.28512), _number(13149.5), _number(1024.0), _number(None)
        ('0.285', '13,100', '1,024', '')
    """
    if x is None:
        return ""
    if x == int(x):
        return f"{int(x):,}"
    return f"{x:.3g}" if x < 1000 else f"{round(x, 2 - int(math.log10(x))):,.0f}"


def _time(ms: float | None, spread: float | None) -> str:
    """Return a time with its spread.

    Example:
        >>> _time(0.12345, 0.0371), _time(None, None)
        ('0.123 ± 2 %', '')
    """
    return "" if ms is None or spread is None else f"{_number(ms)} ± {50 * spread:.0f} %"


def _share(share: float | None) -> str:
    """Return a share in percent.

    Example:
        >>> _share(0.643), _share(0.0042), _share(None)
        ('64 %', '< 1 %', '')
    """
    if share is None:
        return ""
    return "< 1 %" if share < 0.005 else f"{100 * share:,.0f} %"


def _aligned(rows: list[Cells]) -> str:
    """Return rows with words to the left, and numbers, which have no letter, to the right."""
    columns = enumerate(zip(*rows[1:], strict=True))
    numbers = [place for place, cells in columns if not any(map(str.isalpha, "".join(cells)))]
    return "\n".join(aligned(rows, right=numbers))


def _piped(rows: list[Cells]) -> str:
    first, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([first, "|---" * len(rows[0]) + "|", *others])


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 100))
