"""Run a sweep; what is finished is not run again, what was stopped goes on.

A run is known by its experiment: in the folder of the sweep, ``experiment_results/<file>/``, the
run whose config says the same is the run that is meant.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from snnrun import api
from snnrun.errors import DivergedError, Interrupted
from snnrun.runs.checkpoint import saved
from snnrun.runs.folder import RESULTS, RunDir
from snnrun.studies.folder import draw_table, write_sweep, write_tables
from snnrun.studies.plan import Case, cases, load_sweep
from snnrun.studies.shown import refuse_unknown
from snnrun.studies.table import Row


def sweep(
    path: Path | str, *, results: Path = RESULTS, say: Callable[[str], object] = lambda line: None
) -> Path:
    """Train every run of a sweep file and return the folder that holds them and their tables.

    Args:
        path: the sweep file.
        results: the folder in which the folder of the sweep is made.
        say: is told of every run that is done.

    Raises:
        ConfigError: the sweep or one of its configs is wrong, or it is to show a number that no run
            logs; nothing was trained.
        Interrupted: stopped from outside; the same call goes on.
    """
    path = Path(path)
    folder, settings, every = results / path.stem, load_sweep(path), cases(path)
    rows = list[Row]()
    refuse_unknown(settings.shows, every)
    write_sweep(folder, path, settings)
    for number, case in enumerate(every, start=1):
        try:
            with _naming(f"run {number} of {len(every)}, {case}"):
                run = _done(case, folder, f"run_{number:03d}")
        except Interrupted as stop:
            again = f"stopped at run {number} of {len(every)}; the same command goes on"
            raise Interrupted(again, stop.code) from None
        rows.append(Row.of(case, run, settings.shows))
        write_tables(folder, rows, settings.columns)
        say(f"{number}/{len(every)}  {case}: {run.status()['reason'] or rows[-1]}")
    draw_table(folder)
    return folder


@contextmanager
def _naming(run: str) -> Iterator[None]:
    """Let warnings tell which run they come from."""
    shown = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        shown(f"{run}: {message}", category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _done(case: Case, folder: Path, name: str) -> RunDir:
    """Return the run of a case once it is done; one that diverged has no numbers, and is done."""
    try:
        return _trained(case, folder, name)
    except DivergedError:
        return [run for run in _runs(folder) if run.experiment() == case.experiment][-1]


def _trained(case: Case, folder: Path, name: str) -> RunDir:
    """Return the finished run of a case: one that was there, or one that is trained now."""
    for run in _runs(folder):
        if run.experiment() != case.experiment:
            continue
        if run.status().get("state") == "finished":
            return run
        if saved(run.checkpoints):
            return api.resume(run)
    return api.train(case.experiment, name=name, results=folder)


def _runs(folder: Path) -> Iterator[RunDir]:
    for config in sorted(folder.glob("*/config.yaml")):
        yield RunDir(config.parent)
