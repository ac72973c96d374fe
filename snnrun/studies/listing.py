"""The runs in a folder, one line each, read from their summaries alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snnrun.core.paths import cut
from snnrun.errors import printable
from snnrun.studies.gathering import Found, look
from snnrun.studies.places import runs_in

_WIDEST = 60  # characters of what a summary tells
_COLUMNS = ("run", "model", "rule", "data", "state", "epoch", "validation", "test")


def listing(folder: Path) -> str:
    """Return a heading and a line for each run in a folder.

    Raises:
        DataError: there is no such folder.
    """
    rows = [_COLUMNS, *map(_row, look(runs_in(folder), folder))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _row(run: Found) -> Sequence[str]:
    found = run.summary
    told = (str(found.get(key, "?")) for key in ("model", "learning", "data", "state"))
    parts = [printable(cut(each, _WIDEST)).replace("\n", " ") for each in told]
    epoch = f"{found.get('epoch', '?')}/{found.get('epochs', '?')}"
    numbers = (_number(each, run.judged_by) for each in (run.best, run.tested))
    return (run.name, *parts, epoch, *numbers)


def _number(values: dict[str, Any], name: str) -> str:
    """Return a number as people read it.

    Example:
        >>> _number({"accuracy": 0.9512}, "accuracy"), _number({"loss": 1.5}, "loss")
        ('95.1%', '1.5')
    """
    value = values.get(name)
    if not isinstance(value, int | float):
        return ""
    return f"{value:.1%}" if name == "accuracy" else f"{value:.4g}"
