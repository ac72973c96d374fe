"""What lies in the folder of a sweep beside its runs, all of it made anew after every run.

::

    sweep.yaml          the sweep, as it was read
    study.journal       who does what, see snnrun.studies.pool; locks/ belongs to it
    table.csv           a line for each run
    table.md            means and standard deviations over the seeds
    table.pdf, .png     the same as a figure; of a search, what came out against what was drawn
"""

import os
from collections.abc import Sequence
from pathlib import Path

from snnrun.config.dumping import dump
from snnrun.errors import DataError
from snnrun.runs.files import disk_errors, write_text
from snnrun.studies.cases import Plan
from snnrun.studies.plan import load_sweep
from snnrun.studies.table import Row, as_csv, as_markdown, read_csv

SWEEP, _TABLE = "sweep.yaml", "table.csv"
#: What is made of the runs that are done.
TABLES = (_TABLE, "table.md", "table.pdf", "table.png")


def is_sweep(folder: Path) -> bool:
    """Tell whether a folder is that of a sweep."""
    return (folder / SWEEP).is_file()


def write_sweep(folder: Path, plan: Plan) -> None:
    """Keep a sweep, with the ways to its configs as they are from the folder.

    Raises:
        DataError: the folder cannot be written.
    """
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)

    def way(config: str) -> str:
        return Path(os.path.relpath(plan.base / config, folder)).as_posix()

    plain = plan.settings.model_dump()
    if plain["config"] is not None:
        plain["config"] = way(plain["config"])
    for each in plain["configs"].values():
        each["config"] = way(each["config"])
    write_text(folder / SWEEP, dump(plain))


def write_tables(folder: Path, rows: Sequence[Row], columns: str | None) -> None:
    """Write both tables."""
    write_text(folder / _TABLE, as_csv(rows))
    write_text(folder / "table.md", as_markdown(rows, columns))


def draw_table(folder: Path, out: Path | None = None) -> list[Path]:
    """Draw the table of a sweep, from what lies in its folder, and return the files written.

    Args:
        folder: of the sweep.
        out: the folder to write to; None for that of the sweep.

    Raises:
        DataError: no run is done yet, or the table is damaged.
    """
    from snnrun.plots.style import paper, save
    from snnrun.studies import heat_map, scatter

    if not (folder / _TABLE).is_file():
        raise DataError(f"{folder} holds no {_TABLE} yet: no run of the sweep is done")
    try:
        rows = read_csv((folder / _TABLE).read_text(encoding="utf-8"))
        sweep = load_sweep(folder / SWEEP)
        with paper():
            figure = scatter.draw(rows) if sweep.search else heat_map.draw(rows, sweep.columns)
    except (ValueError, KeyError, IndexError) as error:
        raise DataError(f"{folder / _TABLE} is damaged: {error}") from error
    return save(figure, out or folder, "table")
