"""The runs in a folder, one line each, read from their summaries alone."""

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from snnrun.core.paths import cut
from snnrun.errors import DataError, SnnrunWarning, printable
from snnrun.runs import summary
from snnrun.runs.lock import is_owned

_WIDEST = 60  # characters of what a summary tells
_COLUMNS = ("run", "model", "rule", "data", "state", "epoch", "validation", "test")


def runs_in(folder: Path) -> list[Path]:
    """Return the run folders in a folder, and in folders of sweeps there, by name.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"no such folder: {folder}")
    return sorted(_runs(folder, depth=2))


def _runs(folder: Path, depth: int) -> Iterator[Path]:
    """Yield run folders; a warning names what cannot be looked into."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except OSError as error:
        _warn(folder, error)
        return
    for entry in entries:
        try:
            path = Path(entry.path) if entry.is_dir() else None
            is_run = path is not None and (path / "config.yaml").is_file()
        except OSError as error:
            _warn(Path(entry.path), error)
            continue
        if path and is_run:
            yield path
        elif path and depth > 1:
            yield from _runs(path, depth - 1)


def _warn(path: Path, error: OSError) -> None:
    text = f"cannot look into {path}: {error.strerror or error}; it is left out"
    warnings.warn(SnnrunWarning(text), stacklevel=2)


def listing(folder: Path) -> str:
    """Return a heading and a line for each run in a folder.

    Raises:
        DataError: there is no such folder.
    """
    rows = [_COLUMNS, *(_row(run, folder) for run in runs_in(folder))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _row(run: Path, folder: Path) -> Sequence[str]:
    name, found = printable(str(run.relative_to(folder))), summary.read(run)
    if found.get("state") == "running" and not is_owned(run):
        found = {**found, "state": "killed"}
    told = (str(found.get(key, "?")) for key in ("model", "learning", "data", "state"))
    parts = [printable(cut(each, _WIDEST)).replace("\n", " ") for each in told]
    epoch = f"{found.get('epoch', '?')}/{found.get('epochs', '?')}"
    judged, best = found.get("judged_by", "accuracy"), found.get("best", {})
    tests = found.get("test", {})
    last = tests.get(str(best.get("epoch")), tests.get(str(found.get("epoch")), {}))
    return (name, *parts, epoch, _number(best, judged), _number(last, judged))


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
