"""What lies in the folder of a sweep beside its runs, all of it made anew after every run.

::

    sweep.yaml          the sweep, as it was read
    study.journal       who does what, see snnrun.studies.pool; locks/ belongs to it
    table.csv           a line for each run
    table.md            means and standard deviations over the seeds
    table.pdf, .png     the same as a figure; of a search, what came out against what was drawn
    settings.pdf, .png  what came out against a setting, or beside each other
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from snnrun.config.dumping import dump
from snnrun.config.shipped import located
from snnrun.errors import ConfigError, DataError
from snnrun.plots.formats import USUAL
from snnrun.runs.files import disk_errors, write_text
from snnrun.studies.cases import Plan
from snnrun.studies.plan import SweepSettings, load_sweep
from snnrun.studies.table import Row, as_csv, as_markdown, read_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SWEEP, _TABLE = "sweep.yaml", "table.csv"
#: What is made of the runs that are done.
TABLES = (
    _TABLE, "table.md", "table.pdf", "table.png", "settings.pdf", "settings.png",
)  # fmt: skip


def is_sweep(folder: Path) -> bool:
    """Tell whether a folder is that of a sweep."""
    return (folder / SWEEP).is_file()


def write_sweep(folder: Path, plan: Plan) -> None:
    """Keep a sweep, with the ways to its configs as they are from the folder.

    One whose own file lies there under that name stays as somebody wrote it.

    Raises:
        ConfigError: so does its file, and does not say all of it.
        DataError: the folder cannot be written.
    """
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    own = folder / SWEEP
    if plan.file is not None and plan.file.resolve() == own.resolve():
        if not _says(own, plan.settings):
            raise ConfigError(f"{own} would be written over; name another folder: --results DIR")
        return

    def way(config: str) -> str:
        return Path(os.path.relpath(located(config, plan.base), folder)).as_posix()

    plain = plan.settings.model_dump()
    if plain["config"] is not None:
        plain["config"] = way(plain["config"])
    for each in plain["configs"].values():
        each["config"] = way(each["config"])
    write_text(own, dump(plain))


def _says(path: Path, settings: SweepSettings) -> bool:
    """Tell whether a file alone says what a sweep is: not a foreign one, nor one without config."""
    try:
        return load_sweep(path) == settings
    except ConfigError:
        return False


def write_tables(folder: Path, rows: Sequence[Row], columns: str | None) -> None:
    """Write both tables."""
    write_text(folder / _TABLE, as_csv(rows))
    write_text(folder / "table.md", as_markdown(rows, columns))


def draw_table(folder: Path, out: Path | None = None, formats: Sequence[str] = USUAL) -> list[Path]:
    """Draw the table of a sweep, from what lies in its folder, and return the files written.

    What came out against each setting is drawn too: of a search, in place of the table. Where the
    table changes meanwhile, all is drawn again: of several workers, the last to write need not be
    the one that knows most.

    Args:
        folder: of the sweep.
        out: the folder to write to; None for that of the sweep.
        formats: kinds of files that each figure is written as.

    Raises:
        DataError: no run is done yet, or the table is damaged.
    """
    from snnrun.plots.style import paper, save

    table = folder / _TABLE
    if not table.is_file():
        raise DataError(f"{folder} holds no {_TABLE} yet: no run of the sweep is done")
    paths, drawn = [], None
    while (text := table.read_text(encoding="utf-8")) != drawn:
        try:
            with paper():
                figures = dict(_drawn(read_csv(text), load_sweep(folder / SWEEP)))
        except (ValueError, KeyError, IndexError) as error:
            raise DataError(f"{table} is damaged: {error}") from error
        paths = [
            each for name in figures for each in save(figures[name], out or folder, name, formats)
        ]
        drawn = text
    return paths


def _drawn(rows: Sequence[Row], sweep: SweepSettings) -> "Iterator[tuple[str, Figure]]":
    """Yield the name of each figure of a sweep, and the figure."""
    from snnrun.studies import heat_map, scatter
    from snnrun.studies.compare.figures import against, points
    from snnrun.studies.compare.of_rows import compared

    if sweep.search:
        yield "table", scatter.draw(rows)
        return
    yield "table", heat_map.draw(rows, sweep.columns)
    whole = compared(rows)
    settings = against.draw(whole) or points.draw(whole)
    if settings is not None:
        yield "settings", settings
