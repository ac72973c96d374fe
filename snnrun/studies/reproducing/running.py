"""Train the sweeps of a paper, and put what came of them beside what it says.

::

    DIR/<paper>/<table>/                     the folder of a sweep
    DIR/<paper>/reproduction.md, .csv        all tables of the paper, as far as they are trained
    DIR/<paper>_quick/                       the same of --quick, which reproduces nothing
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from snnrun.errors import DataError, Interrupted, SnnrunError
from snnrun.runs.files import write_text
from snnrun.studies.cases import Plan
from snnrun.studies.plan import SweepSettings
from snnrun.studies.reproducing.comparing import lines
from snnrun.studies.reproducing.papers import Paper, Result
from snnrun.studies.reproducing.writing import Told, as_csv, as_markdown
from snnrun.studies.running import Worker
from snnrun.studies.table import Row, read_csv

#: What ``--quick`` leaves of each training.
QUICK_EPOCHS = 2
_EPOCHS = "train.epochs"

Say = Callable[[str], object]


@dataclass(frozen=True)
class Task:
    """A table that is trained again: its sweep, and where that lies."""

    name: str
    result: Result
    plan: Plan
    folder: Path

    @cached_property
    def runs(self) -> int:
        """How many runs there are of it."""
        settings = self.plan.settings
        return len(list(settings.planned())) * len(settings.seeds)

    def worker(self, say: Say = lambda line: None) -> Worker:
        """Check the sweep, make its folder, and join those who are at it."""
        return Worker.of(self.plan, self.folder, say)

    def rows(self) -> list[Row]:
        """Return a row for each run that has ended.

        Raises:
            DataError: the table of the sweep is damaged.
        """
        table = self.folder / "table.csv"
        if not table.is_file():
            return []
        try:
            return read_csv(table.read_text(encoding="utf-8"))
        except (ValueError, KeyError, IndexError) as error:
            raise DataError(f"{table} is damaged: {error}") from error

    def told(self) -> Told:
        """Return what came of it so far beside what is reported."""
        rows = self.rows()
        found = tuple(lines(self.result, self.plan.settings, rows))
        lost = sum(not math.isfinite(row.numbers[self.result.number]) for row in rows)
        return Told(self.result, found, self.runs, len(rows), lost)


@dataclass(frozen=True)
class Reproduction:
    """All tables of a paper, some of which are to be trained.

    paper: the paper.
    tasks: all of its tables.
    chosen: names of those that are to be trained.
    folder: of the paper.
    quick: whether one seed of each point is trained, for few epochs.
    """

    paper: Paper
    tasks: Sequence[Task]
    chosen: Sequence[str]
    folder: Path
    quick: bool

    @classmethod
    def of(
        cls, paper: Paper, chosen: Sequence[str], results: Path, quick: bool = False
    ) -> "Reproduction":
        """Check the sweeps; nothing is written.

        Raises:
            ConfigError: a sweep is wrong, or does not fit what is said of it.
        """
        folder = results / (f"{paper.name}_quick" if quick else paper.name)
        tasks = []
        for table, result in paper.facts.tables.items():
            plan = paper.plan(table)
            if quick:
                plan = replace(plan, settings=quickened(plan.settings))
            if table in chosen:
                plan.cases()
            tasks.append(Task(table, result, plan, folder / table))
        return cls(paper, tasks, chosen, folder, quick)

    @property
    def wanted(self) -> list[Task]:
        """The tables that are to be trained."""
        return [task for task in self.tasks if task.name in self.chosen]

    def train(self, say: Say = lambda line: None) -> None:
        """Train what nobody has, table by table.

        Raises:
            Interrupted: stopped from outside; the same call goes on.
            SnnrunError: runs failed; the tables behind them were trained all the same.
        """
        failures: list[SnnrunError] = []
        for task in self.wanted:
            say(f"{task.name}: {task.result.what}")
            try:
                task.worker(say).work()
            except Interrupted:
                raise
            except SnnrunError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def write(self) -> list[Path]:
        """Write what came of all tables so far, and return the files.

        Raises:
            DataError: the folder cannot be written, or a table in it is damaged.
        """
        found = {task.name: task.told() for task in self.tasks}
        files = [self.folder / f"reproduction.{kind}" for kind in ("md", "csv")]
        write_text(files[0], as_markdown(self.paper, found, self.quick_epochs))
        write_text(files[1], as_csv(self.paper, found, self.quick))
        return files

    def text(self) -> str:
        """Return what came of the chosen tables so far."""
        found = {task.name: task.told() for task in self.wanted}
        return as_markdown(self.paper, found, self.quick_epochs)

    @property
    def quick_epochs(self) -> int | None:
        """Epochs of each training, if that is not what the sweeps say."""
        return QUICK_EPOCHS if self.quick else None


def quickened(settings: SweepSettings) -> SweepSettings:
    """Return a sweep with one seed, and few epochs but where these are what is swept."""
    short = {_EPOCHS: QUICK_EPOCHS}
    variants = {
        name: variant.model_copy(update={"set": variant.set | short})
        for name, variant in settings.configs.items()
    }
    changes = {"configs": variants, "set": settings.set | short, "seeds": settings.seeds[:1]}
    return settings.model_copy(update=changes)
