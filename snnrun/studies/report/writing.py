"""Write a report into a file."""

from collections.abc import Sequence
from pathlib import Path

from snnrun.core.memory import size_words
from snnrun.runs.files import write_text
from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.elements import count
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
    left = f", {len(figures.left_out)} left out" if figures.left_out else ""
    told = f"{count(len(study.runs), 'run')}, {count(len(figures.shown), 'figure')}{left}"
    return f"wrote {out}: {told}, {size_words(len(text.encode()))}"
