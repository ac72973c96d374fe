"""What was found: a row for each kernel and number of threads, kept as CSV.

Each line of the CSV file tells the machine too, so that lines of several can stand together.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from snnrun.core.disk import read_file
from snnrun.errors import DataError

MACHINE = ("cpu", "cores", "level", "snnrun", "torch", "numpy", "python", "system", "date")
_MOST = 1 << 24  # bytes of a file


@dataclass(frozen=True)
class Row:
    """A kernel on a number of threads; what is None was not measured.

    kernel, size, elements, element, bytes, operations: as in ``work.Work``.
    turns: how often all took their turn.
    twin_ms, ms: of a call of the twin and of ours, medians.
    twin_spread, spread: of the middle half of the turns, as a share of the median.
    times_faster: the twin's time over ours, the median of the turns.
    triad_gb_s: bytes a second of a triad of arrays that are as large together, in 10^9.
    product_gflop_s: operations a second of a large product of matrices, in 10^9.
    of_bandwidth, of_arithmetic: our shares of these two, the medians of the turns.
    """

    kernel: str
    size: str
    elements: int
    element: str
    bytes: float
    operations: float | None
    threads: int
    turns: int
    twin_ms: float
    twin_spread: float
    ms: float | None = None
    spread: float | None = None
    times_faster: float | None = None
    triad_gb_s: float | None = None
    product_gflop_s: float | None = None
    of_bandwidth: float | None = None
    of_arithmetic: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows that were measured on one machine; machine: by the names in MACHINE."""

    machine: Mapping[str, str]
    rows: Sequence[Row]


def as_csv(table: Table) -> str:
    """Return a line for each row, numbers to four digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*MACHINE, *(field.name for field in fields(Row))])
    for row in table.rows:
        cells = (_word(value) for value in asdict(row).values())
        writer.writerow([*(table.machine[name] for name in MACHINE), *cells])
    return text.getvalue()


def read_csv(path: Path) -> Table:
    """Return the table that :func:`as_csv` wrote.

    Raises:
        DataError: it is not there, or holds something else.
    """
    try:
        text = read_file(path, _MOST).decode("utf-8")
        lines = list(csv.DictReader(io.StringIO(text)))
        rows = [Row(**{each.name: _value(each, line) for each in fields(Row)}) for line in lines]
        machine = {name: lines[0][name] for name in MACHINE}
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError, IndexError, csv.Error) as error:
        expected = "expected a table that `snnrun bench --format csv` wrote"
        raise DataError(f"{path}: {expected} ({type(error).__name__}: {error})") from error
    if any(line[name] != machine[name] for line in lines for name in MACHINE):
        raise DataError(f"{path}: expected the rows of one machine, got those of several")
    return Table(machine, rows)


def _word(value: Any) -> str:
    """Return a value as it is written.

    Example:
        >>> _word(0.123456), _word(None), _word(655360)
        ('0.1235', '', '655360')
    """
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _value(field: Any, line: Mapping[str, str]) -> Any:
    """Return what :func:`_word` made a word of, for a field of a row."""
    word = line[field.name]
    if field.type is str:
        return word
    if not word and field.type == float | None:
        return None
    return int(word) if field.type is int else float(word)
