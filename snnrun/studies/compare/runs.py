"""Which runs are compared: those that are done, of one data set, each seed of a group once."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from snnrun.errors import ConfigError, DataError
from snnrun.studies.gathering import Found, groups

#: States of runs whose numbers will not change any more.
DONE = ("finished", "shared")
_NAMED = 3  # runs that a message names


class Chosen(NamedTuple):
    """Groups of runs that differ in nothing but their seed, by seed; and what was left out."""

    groups: list[list[Found]]
    notes: list[str]


def chosen(runs: Sequence[Found]) -> Chosen:
    """Return the runs that can be compared.

    Raises:
        DataError: none is done.
        ConfigError: they are of several data sets, or there is a single one.
    """
    done = [run for run in runs if _is_done(run)]
    left = [run for run in runs if not _is_done(run)]
    if not done:
        raise DataError(f"no run is finished: {_named(left)}")
    if len(done) == 1:
        alone = f"{done[0].name} is the only {'finished ' if left else ''}run"
        raise ConfigError(f"{alone}; expected two or more to compare")
    _refuse_others(done)
    notes = [f"left out, not finished: {_named(left)}"] if left else []
    found, again = list[list[Found]](), list[Found]()
    for group in groups(done):
        by_seed = dict[int, Found]()
        for run in sorted(group, key=_age, reverse=True):
            by_seed[seed_of(run)] = run
        found.append([run for _, run in sorted(by_seed.items())])
        again += [run for run in group if run is not by_seed[seed_of(run)]]
    if again:
        notes.append(f"left out, trained again since: {_named(again)}")
    return Chosen(found, notes)


def seed_of(run: Found) -> int:
    """Return the seed of a run."""
    seed = run.settings.get("seed", 0)
    return seed if isinstance(seed, int) else 0  # it may be anybody's file


def _is_done(run: Found) -> bool:
    return run.summary.get("state") in DONE and not run.is_pruned


def _age(run: Found) -> float:
    return math.inf if run.age is None else run.age


def _refuse_others(runs: Sequence[Found]) -> None:
    counts = Counter(str(run.settings.get("data.name", "?")) for run in runs)
    if len(counts) > 1:
        told = ", ".join(f"{name} ({n} run{'s' if n > 1 else ''})" for name, n in counts.items())
        raise ConfigError(
            f"the runs are of {len(counts)} data sets: {told}; expected one, for the numbers of "
            "several say nothing of each other"
        )


def _named(runs: Sequence[Found]) -> str:
    states = ["pruned" if run.is_pruned else run.summary.get("state", "?") for run in runs]
    shown = [f"{run.name} ({state})" for run, state in zip(runs[:_NAMED], states, strict=False)]
    more = [f"{len(runs) - _NAMED} more"] if len(runs) > _NAMED else []
    return ", ".join([*shown, *more])
