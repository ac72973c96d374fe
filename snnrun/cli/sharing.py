"""What ``snnrun share`` says of what it made."""

from collections.abc import Sequence
from pathlib import Path

from snnrun.runs.folder import RunDir
from snnrun.studies.folder import is_sweep
from snnrun.studies.places import runs_in

_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def shared_text(source: Path, folder: Path, copies: Sequence[RunDir]) -> str:
    """Return in a line or two what lies in a folder: what was reached, how large it is.

    Args:
        source: the run or the sweep that was shared.
        folder: what was made.
        copies: the runs in it.
    """
    size = size_text(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
    if not is_sweep(source):
        return f"{folder}: {_reached(copies[0])}; {size}"
    number = f"{len(copies)} run" + "s" * (len(copies) > 1)
    left = sorted({run.name for run in runs_in(source)} - {copy.path.name for copy in copies})
    more = f"\nleft out, for they saved no network: {', '.join(left)}" if left else ""
    return f"{folder}: {number}; {size}{more}"


def size_text(size: float) -> str:
    """Return a number of bytes as people say it.

    Example:
        >>> size_text(812), size_text(16_742), size_text(2.5e6)
        ('812 bytes', '16.7 kB', '2.5 MB')
    """
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size:.0f} bytes"


def _reached(run: RunDir) -> str:
    """Return what the test split says of the network, by what tells the best epoch."""
    epoch = run.status()["epoch"]
    tested = {
        row["name"]: row["value"]
        for row in run.logged()
        if (row["epoch"], row["split"]) == (epoch, "test")
    }
    for name in run.experiment().learning.judged_by.names:
        if name in tested:
            value = tested[name]
            told = f"{value:.2%}" if name == "accuracy" else f"{name} {value:.4g}"
            return f"{told} on the test set; epoch {epoch}"
    return f"not tested; epoch {epoch}"
