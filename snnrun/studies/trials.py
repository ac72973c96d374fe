"""The study of a sweep: what is known of each of its trials, read and written down."""

import hashlib
import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, Trial, TrialState

from snnrun.errors import ConfigError, DataError
from snnrun.runs.folder import RunDir
from snnrun.studies.cases import Case, Plan
from snnrun.studies.claims import (
    ADOPTED,
    CASE,
    POINT,
    RUNS,
    VOID,
    Claim,
    digest_of,
    is_void,
    run_name,
)
from snnrun.studies.space import Point
from snnrun.studies.storage import open_study, storage_errors, where

_SPACE, _PLAN = "space", "plan"
#: How a trial may be done, the best first.
DONE = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class Trials:
    """The trials of one sweep.

    Args:
        plan: the sweep.
        folder: of the sweep.
        cases: the runs that stand fast, in order; of a search, none.
    """

    def __init__(self, plan: Plan, folder: Path, cases: list[Case]) -> None:
        self.plan, self.folder, self.cases = plan, folder, cases
        self.place = where(folder, plan.settings.storage)
        self.known = {case.digest: index for index, case in enumerate(cases)}
        search = plan.settings.search
        first = cases[0] if cases else plan.starts()[0]
        judged = first.experiment.learning.judged_by.by.better
        better = (search.better if search else None) or judged
        self.study: Study = open_study(
            folder,
            plan.settings.storage,
            plan.name,
            "maximize" if better == "higher" else "minimize",
        )

    def join(self) -> None:
        """Put every run into the study that is not there yet.

        Raises:
            ConfigError: the search was begun with another space, or another config; or as a sweep
                of runs that stand fast, or the other way round.
            DataError: it was begun, and the study is gone.
        """
        self._check_kind()
        self._check_space()
        with storage_errors(self.place):
            self.study.set_user_attr(_PLAN, self._digest)
        there = {digest_of(trial) for trial in self.all() if not is_void(trial)}
        absent = [case for case in self.cases if case.digest not in there]
        adopted = self._strangers() if absent else {}
        for case in absent:
            told: dict[str, Any] = {
                CASE: {"point": case.point, "seed": case.seed, "digest": case.digest}
            }
            if run := adopted.get(case.digest):
                told[ADOPTED] = run
            with storage_errors(self.place):
                self.study.enqueue_trial({}, told)

    def is_latest(self) -> bool:
        """Tell whether nobody has joined since with other runs: the sweep file was not edited."""
        with storage_errors(self.place):
            return bool(self.study.user_attrs.get(_PLAN) == self._digest)

    @property
    def _digest(self) -> str:
        """What tells the runs that stand fast from those of another sweep."""
        return hashlib.sha256(json.dumps(sorted(self.known)).encode()).hexdigest()

    def _check_kind(self) -> None:
        """Refuse to draw runs where others stand fast, or the other way round."""
        drawn = [not digest_of(trial) for trial in self.all() if not is_void(trial)]
        if drawn and drawn[0] is not bool(self.plan.settings.search):
            begun = ("without a search", "as a search")[drawn[0]]
            raise ConfigError(
                f"the sweep in {self.place} was begun {begun}; to begin anew, give the sweep file "
                "another name"
            )

    def _check_space(self) -> None:
        """Refuse to go on with a search that draws from elsewhere, or trains something else."""
        if (search := self.plan.settings.search) is None:
            return
        starts = [case.digest for case in self.plan.starts()]
        told = [search.model_dump(exclude={"trials", "pruner"}), self.plan.settings.seeds, starts]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        with storage_errors(self.place):
            before = self.study.user_attrs.get(_SPACE, digest)
        if before != digest:
            raise ConfigError(
                f"the search in {self.place} was begun with another space, seeds or config; to "
                "begin anew, give the sweep file another name"
            )
        if not self.all() and any(self.folder.glob("*/config.yaml")):
            raise DataError(
                f"{self.place} is gone or empty, but {self.folder} holds runs of the search; put "
                "it back, or move the runs away"
            )
        with storage_errors(self.place):
            self.study.set_user_attr(_SPACE, digest)

    def _strangers(self) -> dict[str, str]:
        """Return the runs in the folder that no trial knows: digest -> name."""
        known = {run["run"] for trial in self.all() for run in trial.user_attrs.get(RUNS, ())}
        found: dict[str, str] = {}
        for config in sorted(self.folder.glob("*/config.yaml")):
            run = RunDir(config.parent)
            if run.path.name not in known:
                with suppress(ConfigError, DataError):
                    found.setdefault(Case({}, 0, run.experiment()).digest, run.path.name)
        return found

    # ---- reading ----

    def all(self, *states: TrialState) -> list[FrozenTrial]:
        """Return the trials in these states, or in any."""
        with storage_errors(self.place):
            return self.study.get_trials(deepcopy=False, states=states or None)

    def one(self, number: int) -> FrozenTrial:
        """Return a trial as it is now."""
        return self.all()[number]

    def point(self, trial: FrozenTrial) -> Point:
        """Return where a trial lies: by the plan, in which keys may be new; or as it was drawn."""
        index = self.known.get(digest_of(trial))
        if index is not None:
            return self.cases[index].point
        point: Point = trial.user_attrs.get(POINT, {})
        return point

    def is_wanted(self, trial: FrozenTrial) -> bool:
        """Tell whether a trial is one of the plan, and the first of its kind."""
        if self.plan.settings.search:
            return not is_void(trial)
        digest = digest_of(trial)
        same = (t.number for t in self.all() if digest_of(t) == digest and not is_void(t))
        return digest in self.known and min(same) == trial.number

    def done(self) -> list[FrozenTrial]:
        """Return the trials of the plan that are done, in its order."""
        return [trial for trial in self.planned() if trial.state in DONE]

    def ranked(self) -> list[FrozenTrial]:
        """Return the trials that are done; of a search, the best first."""
        done = self.done()
        if self.plan.settings.search is None:
            return done
        sign = -1 if self.study.direction.name == "MAXIMIZE" else 1

        def place(trial: FrozenTrial) -> tuple[int, float]:
            value = math.inf if trial.value is None else sign * trial.value
            return DONE.index(trial.state), value

        return sorted(done, key=place)

    def planned(self) -> list[FrozenTrial]:
        """Return the trials of the plan, in its order."""
        found = [trial for trial in self.all() if not is_void(trial)]
        if self.plan.settings.search:
            return found
        first = {digest_of(trial): trial for trial in reversed(found)}
        return [first[digest] for digest in self.known if digest in first]

    def seconds(self) -> float:
        """Return how long all workers have trained together."""
        return sum(map(self._seconds, self.all()))

    def _seconds(self, trial: FrozenTrial) -> float:
        known = sum(float(run.get("seconds", 0.0)) for run in trial.user_attrs.get(RUNS, ()))
        if trial.state is not TrialState.RUNNING:
            return known
        under_way = 0.0
        for run in self.folder.glob(f"{run_name(trial.number)}*"):
            with suppress(DataError):
                under_way += float(RunDir(run).status().get("seconds", 0.0))
        return max(known, under_way)

    # ---- writing ----

    def note(self, trial: Trial, key: str, known: Any) -> None:
        """Write down something of a trial beside what Optuna keeps."""
        with storage_errors(self.place):
            trial.set_user_attr(key, known)

    def tell(self, claim: Claim, value: float | None, state: TrialState, **known: Any) -> None:
        """Write down that a run is done, whatever became of it."""
        if state is TrialState.COMPLETE and (value is None or not math.isfinite(value)):
            state = TrialState.FAIL
        value = value if state is TrialState.COMPLETE else None
        # Another machine that took the run for left behind may have been faster.
        with storage_errors(self.place), suppress(UpdateFinishedTrialError, ValueError):
            for key, each in known.items():
                claim.trial.set_user_attr(key, each)
            self.study.tell(claim.number, value, state)

    def void(self, trial: FrozenTrial, reason: str) -> None:
        """Write down that a trial stands for no run."""
        with storage_errors(self.place):
            Trial(self.study, trial._trial_id).set_user_attr(VOID, reason)
            self.study.tell(trial.number, state=TrialState.FAIL)
