"""The runs of a sweep, from which workers take the next that nobody has.

Each is a trial of an Optuna study: waiting, running, or done. Who takes one holds its lock, a file
in the folder of the sweep that the system lets go with the process; so a trial that is running, and
whose lock nobody holds, was left by a worker that was stopped or killed, and is taken over before
any new one. A trial that is done is never taken again: nothing runs twice. One that ends its
workers is marked as such (:mod:`snnrun.studies.lost_workers`), and waits until no other is left.

Workers on machines that share a database, but no folder, cannot see each other's locks. They put
the time into their trials every minute instead; one that was silent for five is taken over.
"""

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from optuna.trial import FrozenTrial, Trial, TrialState

from snnrun.errors import ConfigError
from snnrun.runs.files import disk_errors
from snnrun.runs.lock import SILENT, Taken, held, is_held
from snnrun.studies.cases import Case, Plan
from snnrun.studies.claims import (
    LOST,
    POINT,
    REASON,
    WORKER,
    Claim,
    beating,
    digest_of,
    is_marked,
    is_void,
    run_name,
    worker,
)  # fmt: skip
from snnrun.studies.drawing import pruner, sampler
from snnrun.studies.lost_workers import MOST
from snnrun.studies.plan import CONFIG, point_text
from snnrun.studies.space import Point, draw
from snnrun.studies.storage import is_shared, storage_errors
from snnrun.studies.trials import Trials

_MOST_WRONG = 20  # points in a row that cannot be trained


@dataclass
class Pool:
    """The trials of one sweep, as one worker sees them.

    plan: the sweep.
    folder: of the sweep.
    cases: the runs that stand fast, in order; of a search, none.
    trials: of the sweep, with all that is known of them.
    given_up: numbers of trials that failed here, and are left to others.
    """

    plan: Plan
    folder: Path
    cases: list[Case]
    given_up: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._locks = self.folder / "locks"
        with disk_errors(str(self._locks)):
            self._locks.mkdir(parents=True, exist_ok=True)
        self.trials = Trials(self.plan, self.folder, self.cases)
        self._shared = is_shared(self.plan.settings.storage)
        self._wrong = 0

    def join(self) -> None:
        """Put every run into the study that is not there yet; see :meth:`Trials.join`."""
        with self.desk():
            self.trials.join()

    def try_again(self) -> None:
        """Let one more worker try the runs that are marked, if no other run is left."""
        with self.desk():
            left = [t for t in self.trials.all(TrialState.RUNNING) if self.trials.is_wanted(t)]
            if self._is_more() or not all(map(is_marked, left)):
                return
            for frozen in left:
                trial = Trial(self.trials.study, frozen._trial_id)
                self.trials.note(trial, REASON, None)
                self.trials.note(trial, LOST, MOST - 1)

    @contextmanager
    def take(self) -> Iterator[Claim | None]:
        """Hold the next run inside the block; None: there is none left."""
        with ExitStack() as stack:
            claim = self._left_behind(stack) or self._next(stack)
            if claim and self._shared:
                stack.enter_context(beating(claim.trial))
            yield claim

    def _left_behind(self, stack: ExitStack) -> Claim | None:
        """Take over a run whose worker has gone."""
        trials = self.trials
        for trial in trials.all(TrialState.RUNNING):
            if trial.number in self.given_up or not trials.is_wanted(trial) or self.is_alive(trial):
                continue
            with ExitStack() as attempt:
                if not self._hold(trial, attempt):
                    continue
                trial = trials.one(trial.number)  # it may have changed until it was held
                if trial.state is not TrialState.RUNNING:
                    continue
                if claim := self._claim(trial):
                    stack.push(attempt.pop_all())
                    return claim
        return None

    def _next(self, stack: ExitStack) -> Claim | None:
        """Take a run that is waiting, or let one be drawn."""
        while True:
            with self.desk():
                if not self._is_more():
                    return None
                with storage_errors(self.trials.place):
                    trial = self.trials.study.ask()
                    frozen = self.trials.one(trial.number)
                if not self._hold(frozen, stack):
                    continue
                if self.cases and not self.trials.is_wanted(frozen):
                    self._refuse_edits()
                    self.trials.void(frozen, "the sweep has no such run any more")
                elif not self.cases and self._is_beyond(frozen):
                    self.trials.void(frozen, "another worker drew the last one")
                elif claim := self._claim(frozen):
                    return claim

    def _refuse_edits(self) -> None:
        """Leave the runs of a sweep that was edited since to those who know it.

        Raises:
            ConfigError: it was.
        """
        if not self.trials.is_latest():
            raise ConfigError(
                f"{self.folder}: the sweep was begun again with other runs since this worker read "
                "it; the same command goes on with them"
            )

    @property
    def is_over(self) -> bool:
        """Whether all workers together have trained for the hours that there are."""
        hours = self.plan.settings.hours
        return hours is not None and self.trials.seconds() >= 3600 * hours

    def _is_more(self) -> bool:
        settings = self.plan.settings
        if self.is_over:
            return False
        if settings.search is None:
            return bool(self.trials.all(TrialState.WAITING))
        most = settings.search.trials or math.inf
        return sum(not is_void(trial) for trial in self.trials.all()) < most

    def _is_beyond(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial was drawn though there were enough: by two workers at once."""
        search = self.plan.settings.search
        assert search is not None
        before = sum(not is_void(t) for t in self.trials.all() if t.number < trial.number)
        return before >= (search.trials or math.inf)

    def _claim(self, frozen: FrozenTrial) -> Claim | None:
        """Return what is to be trained; None: the point that was drawn cannot be."""
        settings = self.plan.settings
        with storage_errors(self.trials.place):
            self.trials.study.sampler = sampler(settings.search, frozen.number)
            self.trials.study.pruner = pruner(settings.search)
            trial = Trial(self.trials.study, frozen._trial_id)
            trial.set_user_attr(WORKER, worker(self.folder))
            if settings.search is None:
                index = self.trials.known[digest_of(frozen)]
                return Claim(frozen.number, trial, [self.cases[index]], frozen)
            point = draw(settings.space, self._start(trial), trial)
            trial.set_user_attr(POINT, point)
        try:
            cases = [self.plan.case(point, seed) for seed in settings.seeds]
        except ConfigError as error:
            self._refuse(Claim(frozen.number, trial, [], frozen), point, error)
            return None
        self._wrong = 0
        return Claim(frozen.number, trial, cases, frozen)

    def _refuse(self, claim: Claim, point: Point, error: ConfigError) -> None:
        """Let a point that was drawn, and cannot be trained, count as failed.

        Raises:
            ConfigError: so many were drawn in a row that the space must be wrong.
        """
        self._wrong += 1
        reason = error.problems[0]
        self.trials.tell(claim, None, TrialState.FAIL, **{REASON: reason})
        if self._wrong >= _MOST_WRONG:
            raise ConfigError(
                f"search: the last {self._wrong} points cannot be trained; {point_text(point)}: "
                f"{reason}"
            )

    def _start(self, trial: Trial) -> Point:
        """Return the config that a trial starts from; of several, it is drawn too."""
        starts = list(self.plan.settings.starts())
        if len(starts) == 1:
            return starts[0]
        return {CONFIG: trial.suggest_categorical(CONFIG, [start[CONFIG] for start in starts])}

    # ---- who does what ----

    def _hold(self, trial: FrozenTrial, stack: ExitStack) -> bool:
        """Hold the lock of a trial, if nobody does."""
        try:
            stack.enter_context(held(self._lock(trial), self._name(trial), force=True))
        except Taken:
            return False
        return True

    def is_alive(self, trial: FrozenTrial) -> bool:
        """Tell whether some worker is at a trial that is running."""
        who = trial.user_attrs.get(WORKER, {})
        if self._shared and who.get("folder") != worker(self.folder)["folder"]:
            return bool(time.time() - who.get("time", 0.0) < SILENT)
        return is_held(self._lock(trial))

    def _lock(self, trial: FrozenTrial) -> Path:
        return self._locks / run_name(trial.number)

    def _name(self, trial: FrozenTrial) -> str:
        return f"{run_name(trial.number)} of {self.folder}"

    @contextmanager
    def desk(self) -> Iterator[None]:
        """Be the only worker on this folder that looks for a run, or writes the tables."""
        with ExitStack() as stack:
            while True:
                with suppress(Taken):
                    lock = held(self._locks / "desk", str(self.folder), force=True)
                    stack.enter_context(lock)
                    break
                time.sleep(0.02)
            yield
