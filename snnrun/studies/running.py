"""Run a sweep: one worker of it, of which there may be any number, on any machine.

What is done is not run again, what was stopped goes on; see :mod:`snnrun.studies.pool`. A run that
diverges is done, and has no numbers. One that fails in another way ends nothing either: the others
are trained first, and the same command tries it again.
"""

import statistics
from collections.abc import Callable
from pathlib import Path

from optuna.trial import TrialState

from snnrun import api
from snnrun.core.registry import first_line
from snnrun.errors import (
    ConfigError,
    DataError,
    DivergedError,
    Interrupted,
    OutOfMemoryError,
    SnnrunError,
)
from snnrun.evaluation import MEASURES
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.runs.checkpoint import saved
from snnrun.runs.folder import RESULTS, RunDir
from snnrun.studies.cases import Case, Plan
from snnrun.studies.claims import REASON, RUNS, Claim
from snnrun.studies.folder import draw_table, write_sweep, write_tables
from snnrun.studies.jobs import is_worker
from snnrun.studies.lost_workers import MOST, ComesOn, counted
from snnrun.studies.naming import naming
from snnrun.studies.pool import Pool
from snnrun.studies.pruning import PRUNED, Pruning
from snnrun.studies.shown import refuse_unknown
from snnrun.studies.table import Row
from snnrun.training.watchers.watcher import Watcher

Say = Callable[[str], object]
#: Runs that fail one after another before a worker stops: what ails them ails all.
_MOST_FAILURES = 3
_KINDS = (ConfigError, DataError, OutOfMemoryError)


def sweep(
    path: Path | str,
    *,
    results: Path = RESULTS,
    config: Path | None = None,
    say: Say = lambda line: None,
) -> Path:
    """Train the runs of a sweep that nobody has, and return the folder that holds all of them.

    Args:
        path: the sweep file.
        results: the folder in which the folder of the sweep is made.
        config: to start from, where the file names none.
        say: is told of every run that is done.

    Raises:
        ConfigError: the sweep or one of its configs is wrong, or it is to show a number that no run
            logs; nothing was trained.
        DataError: the storage that the workers share cannot be used.
        Interrupted: stopped from outside; the same call goes on.
        SnnrunError: runs failed; the others are done.
    """
    plan = Plan.read(Path(path), config)
    worker = Worker.of(plan, results / plan.name, say)
    worker.work()
    return worker.folder


class Worker:
    """Takes one run after another, and writes the tables after each."""

    def __init__(self, plan: Plan, folder: Path, pool: Pool, say: Say) -> None:
        self.plan, self.folder, self.pool, self._say = plan, folder, pool, say
        self._failures: list[tuple[str, Exception]] = []

    @classmethod
    def of(cls, plan: Plan, folder: Path, say: Say = lambda line: None) -> "Worker":
        """Check a plan, make the folder of the sweep, and join those who are at it."""
        cases = plan.cases()
        refuse_unknown(plan.settings.shows, cases or plan.starts())
        write_sweep(folder, plan)
        pool = Pool(plan, folder, cases)
        pool.join()
        if not is_worker():
            pool.try_again()
        return cls(plan, folder, pool, say)

    def work(self) -> None:
        """Train until there is no run left that nobody has.

        Raises:
            Interrupted: stopped from outside.
            SnnrunError: runs failed; all others were trained.
        """
        if before := len(self.pool.trials.done()):
            self._say(f"{before} of {self._planned()} runs were done before")
        self._tabulate()
        in_a_row = 0
        while in_a_row < _MOST_FAILURES:
            with self.pool.take() as claim:
                if claim is None:
                    break
                in_a_row = 0 if self._attempt(claim) else in_a_row + 1
            self._tabulate()
        if self.pool.is_over:
            self._tell_budget()
        if self.pool.trials.done():
            draw_table(self.folder)
        self._complain()

    def _tell_budget(self) -> None:
        """Say that the hours are over, and what is left."""
        left = len(self.pool.trials.all(TrialState.WAITING))
        told = f"; {left} runs were not begun" if left else ""
        self._say(f"the hours of training ({self.plan.settings.hours:g}) are over{told}")

    def _attempt(self, claim: Claim) -> bool:
        """Train the runs of a trial; False: one failed, for whatever reason, and is left as it is.

        One that ends its workers is left without being tried, which tells nothing of the next.

        Raises:
            Interrupted: stopped from outside.
        """
        place = self._place(claim)
        try:
            with counted(claim, self.pool.trials):
                self._train(claim)
        except Interrupted as stop:
            again = f"stopped at run {place}; the same command goes on"
            raise Interrupted(again, stop.code) from None
        except Exception as error:
            ours = isinstance(error, SnnrunError)
            text = str(error) if ours else f"unexpected {type(error).__name__}: {first_line(error)}"
            self.pool.given_up.add(claim.number)
            self._failures.append((f"run {place}, {claim.cases[0]}: {text}", error))
            self._say(f"{place}  {claim.cases[0]}: failed: {text}")
            return claim.lost >= MOST
        return True

    def _train(self, claim: Claim) -> None:
        """Train the runs of a trial, and write down what became of it."""
        rows, values = [], []
        state, reason = TrialState.COMPLETE, None
        for case in claim.cases:
            run, state, reason = self._ended(claim, case)
            row = Row.of(case, run, self.plan.settings.shows)
            rows.append(row.plain())
            self._say(f"{self._place(claim)}  {case}: {reason or row}")
            if state is not TrialState.COMPLETE:
                break
            values.append(self._value(run))
        value = statistics.fmean(values) if values else None
        self.pool.trials.tell(claim, value, state, **{RUNS: rows, REASON: reason})

    def _ended(self, claim: Claim, case: Case) -> tuple[RunDir, TrialState, str | None]:
        """Return a run once it has ended, how, and why, if not by coming to its end."""
        try:
            with naming(f"run {self._place(claim)}, {case}"):
                run = self._run(claim, case)
        except DivergedError as error:
            return RunDir(claim.folder(case, self.folder)), TrialState.FAIL, str(error)
        reason = str(run.status().get("reason"))
        if reason.startswith(PRUNED):
            return run, TrialState.PRUNED, reason
        self._measure(run)
        return run, TrialState.COMPLETE, None

    def _measure(self, run: RunDir) -> None:
        """Keep of the best epoch what the sweep wants measured; what was kept already stays."""
        offers = run.experiment().offers
        wanted = [name for name in self.plan.settings.measures if MEASURES[name].needs <= offers]
        if wanted:
            evaluate_run(run, run.best(), "test", wanted)

    def _place(self, claim: Claim) -> str:
        """Return which of the runs it is."""
        every = self.pool.cases
        place = every.index(claim.cases[0]) if every else claim.number
        return f"{place + 1} of {self._planned()}"

    def _planned(self) -> int | str:
        search = self.plan.settings.search
        return len(self.pool.cases) if search is None else search.trials or "many"

    def _run(self, claim: Claim, case: Case) -> RunDir:
        """Return the finished run of a case: one that was there, or one that is trained now."""
        run = RunDir(claim.folder(case, self.folder))
        watchers = self._watchers(claim, case)
        if run.status().get("state") == "finished":
            return run
        if saved(run.checkpoints):
            return api.resume(run, force=True, watchers=watchers)
        return api.train(case.experiment, folder=run.path, watchers=watchers)

    def _watchers(self, claim: Claim, case: Case) -> list[Watcher]:
        search = self.plan.settings.search
        if search is None or search.pruner is None or case is not claim.cases[0]:
            return [ComesOn(claim)]
        return [ComesOn(claim), Pruning(claim.trial, claim.before, self._by(case))]

    def _by(self, case: Case) -> str:
        search = self.plan.settings.search
        judged = case.experiment.learning.judged_by.by.name
        return (search.by if search else None) or judged

    def _value(self, run: RunDir) -> float:
        """Return what the search wants to better, at the best epoch of a run."""
        status = run.status()
        by = self._by(Case({}, 0, run.experiment()))
        best = status.get("best", {})
        if by in best:
            return float(best[by])
        values = [
            row["value"]
            for row in run.logged()
            if (row["split"], row["name"], row["epoch"]) == ("validation", by, best.get("epoch"))
        ]
        if not values:
            raise ConfigError(f"search: by: no run logs {by!r} of the validation")
        return values[-1]

    def _tabulate(self) -> None:
        """Write the tables of what is done, by whomever."""
        with self.pool.desk():
            if rows := self.rows():
                write_tables(self.folder, rows, self.plan.settings.columns)

    def rows(self) -> list[Row]:
        """Return a row for each run that is done."""
        rows = []
        for trial in self.pool.trials.ranked():
            point = self.pool.trials.point(trial)
            for known in trial.user_attrs.get(RUNS, ()):
                rows.append(Row.known(point, known, self.folder, self.plan.settings.shows))
        return rows

    def _complain(self) -> None:
        """Say which runs failed.

        Raises:
            SnnrunError: with the exit code of the first.
        """
        if not self._failures:
            return
        text, first = self._failures[0]
        more = f"; {len(self._failures)} runs failed" if len(self._failures) > 1 else ""
        text = f"{text}{more}; the same command tries again"
        kind = next((kind for kind in _KINDS if isinstance(first, kind)), SnnrunError)
        raise kind(text) from first
