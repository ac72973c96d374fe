"""How a sweep stands: a line for each of its runs, drawn anew while it goes in a terminal."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from snnrun.core.aligning import GAP, aligned, widths_of
from snnrun.core.paths import cut
from snnrun.errors import DataError, printable
from snnrun.runs.folder import RunDir
from snnrun.studies.cases import Plan
from snnrun.studies.claims import (
    ADOPTED,
    CASE,
    REASON,
    RUNS,
    WORKER,
    is_marked,
    run_name,
)  # fmt: skip
from snnrun.studies.plan import point_text
from snnrun.studies.pool import Pool

_EVERY = 2.0  # seconds between two looks
_CLEAR = "\x1b[H\x1b[J"
_NAMES = {
    TrialState.WAITING: "waiting",
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def status(plan: Plan, folder: Path) -> str:
    """Return the state of a sweep: a line that sums it up, and a table.

    Raises:
        DataError: it was never begun, or its storage cannot be used.
    """
    if not folder.is_dir():
        raise DataError(f"the sweep was not begun yet: there is no folder {folder}")
    pool = Pool(plan, folder, plan.cases())
    trials = pool.trials.planned()
    rows = [_row(trial, pool) for trial in trials]
    counts = Counter(row[1] for row in rows)
    search = plan.settings.search
    planned = len(pool.cases) if search is None else search.trials
    counts["waiting"] += max(0, (planned or 0) - len(trials))
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    hours = plan.settings.hours
    budget = "" if hours is None else f" of {hours:g}"
    spent = f"{pool.trials.seconds() / 3600:.2f}{budget} h of training"
    head = f"{folder}: {said or 'no run yet'}; {spent}"
    return "\n".join(
        [head, *_table([("run", "state", "epoch", "value", "worker", "settings"), *rows])]
    )


def watch(plan: Plan, folder: Path) -> None:
    """Print the state; in a terminal, again and again until nothing is running or waiting."""
    live = sys.stdout.isatty()
    while True:
        text = status(plan, folder)
        if not live:
            print(text)
            return
        lines = text.splitlines()
        most = shutil.get_terminal_size().lines - 1
        more = [f"... {len(lines) - most + 1} more"] if len(lines) > most else []
        print(_CLEAR + "\n".join(lines[: most - len(more)] + more), flush=True)
        if not any(word in lines[0] for word in ("running", "waiting", "left")):
            return
        time.sleep(_EVERY)


def _row(trial: FrozenTrial, pool: Pool) -> Sequence[str]:
    attrs, name = trial.user_attrs, run_name(trial.number)
    state = _NAMES.get(trial.state, "running")
    if trial.state is TrialState.RUNNING and not pool.is_alive(trial):
        state = "failed" if is_marked(trial) else "left"
    known = attrs.get(RUNS) or [{"run": attrs.get(ADOPTED, name)}]
    found = {}
    with suppress(DataError):
        found = RunDir(pool.folder / known[-1]["run"]).status()
    epoch = f"{found['epoch']}/{found['epochs']}" if {"epoch", "epochs"} <= found.keys() else ""
    value = "" if trial.value is None else f"{trial.value:.4g}"
    worker = attrs.get(WORKER, {})
    where = f"{worker['host']}:{worker['process']}" if state == "running" and worker else ""
    point, seed = pool.trials.point(trial), attrs.get(CASE, {}).get("seed")
    settings = ", ".join(filter(None, [point_text(point), "" if seed is None else f"seed={seed}"]))
    reason = attrs.get(REASON)
    return (
        name,
        state,
        epoch,
        value,
        where,
        printable(settings + (f"; {reason}" if reason else "")),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines that fit the terminal: the last column is cut."""
    *others, _ = widths_of(rows)
    taken = sum(others) + len(GAP) * (len(others) + 1)
    room = max(20, shutil.get_terminal_size((160, 24)).columns - taken)
    return aligned([*cells, cut(last, room)] for *cells, last in rows)
