"""Write a report into a file."""

from collections.abc import Sequence
from pathlib import Path

from snnrun.runs.files import write_text
from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.page import page


def write_report(places: Sequence[Path], out: Path, room: int) -> str:
    """Write a report of runs, and return a line on it.

    Args:
        places: where they lie; see :func:`snnrun.studies.gathering.gather`.
        out: the file.
        room: bytes that the figures may have.

    Raises:
        DataError: a place holds no run, or the file cannot be written.
    """
    study = Collection(places, room)
    study.read_on()
    figures = study.figures()
    text = page(study, figures)
    write_text(out, text)
    runs, shown = len(study.runs), len(figures.shown)
    left = f", {len(figures.left_out)} left out" if figures.left_out else ""
    size = len(text.encode()) / 1e6
    return (
        f"{out}: {runs} run{'s' if runs != 1 else ''}, "
        f"{shown} figure{'s' if shown != 1 else ''}{left}, {size:.1f} MB"
    )
