"""A run of a sweep that a worker has taken, and what is written down of it in the study."""

import os
import socket
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, Trial

from snnrun.runs import lock
from snnrun.studies.cases import Case

#: What is known of a trial beside what Optuna knows.
CASE, POINT, RUNS, REASON = "case", "point", "runs", "reason"
ADOPTED, VOID, WORKER, LOST = "adopted", "void", "worker", "lost"


@dataclass
class Claim:
    """A trial that this worker has taken.

    number: of the trial, from 0.
    trial: reports numbers, and tells what was drawn.
    cases: the runs that it stands for, in order: one, or one for each seed of a search.
    before: what was kept of it when it was left.
    lost: workers that it has ended since its newest checkpoint.
    """

    number: int
    trial: Trial
    cases: list[Case]
    before: FrozenTrial
    lost: int = field(init=False)

    def __post_init__(self) -> None:
        self.lost = self.before.user_attrs.get(LOST, 0)

    def folder(self, case: Case, sweep: Path) -> Path:
        """Return the run folder of one of the cases."""
        adopted = self.before.user_attrs.get(ADOPTED)
        name = adopted or run_name(self.number, case.seed if len(self.cases) > 1 else None)
        return sweep / name


def run_name(number: int, seed: int | None = None) -> str:
    """Return the name of a run folder.

    Example:
        >>> run_name(6), run_name(6, seed=3)
        ('run_007', 'run_007_seed_3')
    """
    return f"run_{number + 1:03d}" + ("" if seed is None else f"_seed_{seed}")


def digest_of(trial: FrozenTrial) -> str:
    """Return what tells the run of a trial from others; empty where it is drawn."""
    return str(trial.user_attrs.get(CASE, {}).get("digest", ""))


def is_void(trial: FrozenTrial) -> bool:
    """Tell whether a trial stands for no run."""
    return VOID in trial.user_attrs


def is_marked(trial: FrozenTrial) -> bool:
    """Tell whether a run is not done, and is left alone since it ended its workers."""
    return not trial.state.is_finished() and bool(trial.user_attrs.get(REASON))


def worker(folder: Path) -> dict[str, Any]:
    """Return what others are told of this process."""
    host = socket.gethostname()
    return {
        "host": host,
        "process": os.getpid(),
        "folder": f"{host}:{folder.absolute()}",
        "time": time.time(),
    }


def beating(trial: Trial) -> AbstractContextManager[None]:
    """Put the time into a trial now and then; a database that is away for a while ends nothing."""
    told = trial.user_attrs[WORKER]
    return lock.beating(lambda: trial.set_user_attr(WORKER, {**told, "time": time.time()}))
