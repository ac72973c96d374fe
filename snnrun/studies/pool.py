"""The runs of a sweep, from which workers take the next that nobody has.

Each is a trial of an Optuna study: waiting, running, or done. Who takes one holds its lock, a file
in the folder of the sweep that the system lets go with the process; so a trial that is running, and
whose lock nobody holds, was left by a worker that was stopped or killed, and is taken over before
any new one. A trial that is done is never taken again: nothing runs twice.

Workers on machines that share a database, but no folder, cannot see each other's locks. They put
the time into their trials every minute instead; one that was silent for five is taken over.
"""

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from snnrun.errors import ConfigError, DataError
from snnrun.runs.files import disk_errors
from snnrun.runs.folder import RunDir
from snnrun.runs.lock import SILENT, Taken, held, is_held
from snnrun.studies.cases import Case, Plan
from snnrun.studies.claims import (
    CASE,
    POINT,
    REASON,
    RUNS,
    VOID,
    WORKER,
    Claim,
    beating,
    digest_of,
    is_void,
    run_name,
    worker,
)  # fmt: skip
from snnrun.studies.drawing import pruner, sampler
from snnrun.studies.plan import CONFIG, point_text
from snnrun.studies.space import Point, draw
from snnrun.studies.storage import is_shared, open_study, storage_errors, where

_SPACE = "space"
_MOST_WRONG = 20  # points in a row that cannot be trained
_DONE = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass
class Pool:
    """The trials of one sweep, as one worker sees them.

    plan: the sweep.
    folder: of the sweep.
    cases: the runs that stand fast, in order; of a search, none.
    given_up: numbers of trials that failed here, and are left to others.
    """

    plan: Plan
    folder: Path
    cases: list[Case]
    given_up: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        settings = self.plan.settings
        self._place = where(self.folder, settings.storage)
        self._shared = is_shared(settings.storage)
        self._locks = self.folder / "locks"
        with disk_errors(str(self._locks)):
            self._locks.mkdir(parents=True, exist_ok=True)
        better = settings.search.better if settings.search else None
        better = better or self._judged().better
        self.study = open_study(
            self.folder,
            settings.storage,
            self.plan.name,
            "maximize" if better == "higher" else "minimize",
        )
        self._wrong = 0
        self._known = {case.digest: index for index, case in enumerate(self.cases)}

    def _judged(self) -> Any:
        first = self.cases[0] if self.cases else self.plan.starts()[0]
        return first.experiment.learning.judged_by.by

    # ---- what there is to do ----

    def join(self) -> None:
        """Put every run into the study that is not there yet.

        Raises:
            ConfigError: the search was begun with another space, or another config.
        """
        with self._desk():
            self._check_space()
            there = {digest_of(trial) for trial in self._trials() if not is_void(trial)}
            absent = [case for case in self.cases if case.digest not in there]
            adopted = self._strangers() if absent else {}
            for case in absent:
                told = {"point": case.point, "seed": case.seed, "digest": case.digest}
                run = adopted.get(case.digest)
                self.study.enqueue_trial({}, {CASE: told} | ({"adopted": run} if run else {}))

    def _check_space(self) -> None:
        """Refuse to go on with a search that draws from elsewhere, or trains something else."""
        if (search := self.plan.settings.search) is None:
            return
        starts = [case.digest for case in self.plan.starts()]
        told = [search.model_dump(exclude={"trials", "pruner"}), self.plan.settings.seeds, starts]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        if self.study.user_attrs.setdefault(_SPACE, digest) != digest:
            raise ConfigError(
                f"the search in {self._place} was begun with another space, seeds or config; to "
                "begin anew, give the sweep file another name"
            )
        if not self._trials() and any(self.folder.glob("*/config.yaml")):
            raise DataError(
                f"{self._place} is gone or empty, but {self.folder} holds runs of the search; put "
                "it back, or move the runs away"
            )
        self.study.set_user_attr(_SPACE, digest)

    def _strangers(self) -> dict[str, str]:
        """Return the runs in the folder that no trial knows: digest -> name."""
        known = {run["run"] for trial in self._trials() for run in trial.user_attrs.get(RUNS, ())}
        found: dict[str, str] = {}
        for config in sorted(self.folder.glob("*/config.yaml")):
            run = RunDir(config.parent)
            if run.path.name not in known:
                with suppress(ConfigError, DataError):
                    found.setdefault(Case({}, 0, run.experiment()).digest, run.path.name)
        return found

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
        for trial in self._trials(TrialState.RUNNING):
            if trial.number in self.given_up or not self._is_wanted(trial) or self.is_alive(trial):
                continue
            with ExitStack() as attempt:
                if not self._hold(trial, attempt) or self._state(trial) is not TrialState.RUNNING:
                    continue
                if claim := self._claim(trial):
                    stack.push(attempt.pop_all())
                    return claim
        return None

    def _next(self, stack: ExitStack) -> Claim | None:
        """Take a run that is waiting, or let one be drawn."""
        while True:
            with self._desk():
                if not self._is_more():
                    return None
                with storage_errors(self._place):
                    trial = self.study.ask()
                    frozen = self._frozen(trial.number)
                if not self._hold(frozen, stack):
                    continue
                if self.plan.settings.search is None and not self._is_wanted(frozen):
                    self._void(frozen, "the sweep has no such run any more")
                elif self.plan.settings.search and self._is_beyond(frozen):
                    self._void(frozen, "another worker drew the last one")
                elif claim := self._claim(frozen):
                    return claim

    def _is_more(self) -> bool:
        settings = self.plan.settings
        if settings.hours is not None and self.seconds() >= 3600 * settings.hours:
            return False
        if settings.search is None:
            return bool(self._trials(TrialState.WAITING))
        most = settings.search.trials or math.inf
        return sum(not is_void(trial) for trial in self._trials()) < most

    def _is_wanted(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial is one of the plan, and the first of its kind."""
        if self.plan.settings.search:
            return not is_void(trial)
        digest = digest_of(trial)
        same = (t.number for t in self._trials() if digest_of(t) == digest and not is_void(t))
        return digest in self._known and min(same) == trial.number

    def _is_beyond(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial was drawn though there were enough: by two workers at once."""
        search = self.plan.settings.search
        assert search is not None
        before = sum(not is_void(t) for t in self._trials() if t.number < trial.number)
        return before >= (search.trials or math.inf)

    def _claim(self, frozen: FrozenTrial) -> Claim | None:
        """Return what is to be trained; None: the point that was drawn cannot be."""
        settings = self.plan.settings
        with storage_errors(self._place):
            self.study.sampler = sampler(settings.search, frozen.number)
            self.study.pruner = pruner(settings.search)
            trial = Trial(self.study, frozen._trial_id)
            trial.set_user_attr(WORKER, worker(self.folder))
            if settings.search is None:
                return Claim(frozen.number, trial, [self.cases[self._index(frozen)]], frozen)
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
        self.tell(claim, None, TrialState.FAIL, **{REASON: reason})
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

    def _index(self, trial: FrozenTrial) -> int:
        return self._known[digest_of(trial)]

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
    def _desk(self) -> Iterator[None]:
        """Be the only worker on this folder that looks for a run, or writes the tables."""
        with ExitStack() as stack:
            while True:
                with suppress(Taken):
                    lock = held(self._locks / "desk", str(self.folder), force=True)
                    stack.enter_context(lock)
                    break
                time.sleep(0.02)
            yield

    desk = _desk

    # ---- what is written down ----

    def tell(self, claim: Claim, value: float | None, state: TrialState, **known: Any) -> None:
        """Write down that a run is done, whatever became of it."""
        if state is TrialState.COMPLETE and (value is None or not math.isfinite(value)):
            state = TrialState.FAIL
        value = value if state is TrialState.COMPLETE else None
        # Another machine that took the run for left behind may have been faster.
        with storage_errors(self._place), suppress(UpdateFinishedTrialError, ValueError):
            for key, each in known.items():
                claim.trial.set_user_attr(key, each)
            self.study.tell(claim.number, value, state)

    def _void(self, trial: FrozenTrial, reason: str) -> None:
        with storage_errors(self._place):
            Trial(self.study, trial._trial_id).set_user_attr(VOID, reason)
            self.study.tell(trial.number, state=TrialState.FAIL)

    def done(self) -> list[FrozenTrial]:
        """Return the trials of the plan that are done, in its order."""
        return [trial for trial in self.trials() if trial.state in _DONE]

    def ranked(self) -> list[FrozenTrial]:
        """Return the trials that are done; of a search, the best first."""
        done = self.done()
        if self.plan.settings.search is None:
            return done
        sign = -1 if self.study.direction.name == "MAXIMIZE" else 1

        def place(trial: FrozenTrial) -> tuple[int, float]:
            value = math.inf if trial.value is None else sign * trial.value
            return _DONE.index(trial.state), value

        return sorted(done, key=place)

    def trials(self) -> list[FrozenTrial]:
        """Return the trials of the plan, in its order."""
        found = [trial for trial in self._trials() if not is_void(trial)]
        if self.plan.settings.search:
            return found
        first = {digest_of(trial): trial for trial in reversed(found)}
        return [first[digest] for digest in self._known if digest in first]

    def seconds(self) -> float:
        """Return how long all workers have trained together."""
        return sum(map(self._seconds, self._trials()))

    def _seconds(self, trial: FrozenTrial) -> float:
        known = sum(float(run.get("seconds", 0.0)) for run in trial.user_attrs.get(RUNS, ()))
        if trial.state is not TrialState.RUNNING:
            return known
        status: Mapping[str, Any] = {}
        with suppress(DataError):
            status = RunDir(self.folder / run_name(trial.number)).status()
        return max(known, float(status.get("seconds", 0.0)))

    # ---- Optuna's own ----

    def _trials(self, *states: TrialState) -> list[FrozenTrial]:
        with storage_errors(self._place):
            return self.study.get_trials(deepcopy=False, states=states or None)

    def _frozen(self, number: int) -> FrozenTrial:
        return self._trials()[number]

    def _state(self, trial: FrozenTrial) -> TrialState:
        return self._frozen(trial.number).state
