"""Many runs, each read from its summary alone, and what tells them apart.

Tables of runs, comparisons and reports all begin here.
"""

import os
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snnrun.core.paths import prefixes
from snnrun.errors import ConfigError, SnnrunWarning, printable
from snnrun.runs import summary
from snnrun.runs.lock import is_owned
from snnrun.runs.settings import IDLE, settings_of
from snnrun.studies.places import base_of, runs_at

#: Stands for the value of a key that a run does not have.
ABSENT: Any = object()
#: How the reason begins for which a search ended a run before its last epoch.
PRUNED = "pruned"
Numbers = dict[str, float | None]


@dataclass(frozen=True)
class Found:
    """A run, as far as it can be told without its numbers of every epoch.

    path: its folder.
    name: what tells it from the others that it was found with; a terminal can be sent it.
    summary: what :func:`snnrun.runs.summary.read` returns, without the settings; a run that was
        left while it was trained has the state ``killed``.
    settings: key -> value as overrides name them, such as ``model.layers.0.size``, in the order
        of the config; empty where they cannot be read.
    age: seconds since it last wrote how it stands; None where it does not tell.
    """

    path: Path
    name: str
    summary: dict[str, Any]
    settings: dict[str, Any]
    age: float | None

    @property
    def is_pruned(self) -> bool:
        """Whether a search gave it up."""
        return str(self.summary.get("reason")).startswith(PRUNED)

    @property
    def judged_by(self) -> str:
        """The number that tells the best epoch."""
        return str(self.summary.get("judged_by", "accuracy"))

    @property
    def best(self) -> Numbers:
        """What the validation of the best epoch said, and ``epoch`` itself."""
        best: Numbers = self.summary.get("best", {})
        return best

    @property
    def tested(self) -> Numbers:
        """What the test split said of the best epoch; where it was not tested, of the last."""
        tests: dict[str, Numbers] = self.summary.get("test", {})
        last = tests.get(str(self.summary.get("epoch")), {})
        return tests.get(str(self.best.get("epoch")), last)


def gather(places: Sequence[Path]) -> list[Found]:
    """Return the runs that places name, in their order; of one that is damaged, a warning tells.

    Args:
        places: see :func:`snnrun.studies.places.runs_at`.

    Raises:
        DataError: one of them holds no run.
    """
    whole = list[Found]()
    for run in look(runs_at(places), base_of(places)):
        if run.summary and run.settings:
            whole.append(run)
        else:
            text = f"{run.path} tells no settings, or not how it stands; it is left out"
            warnings.warn(SnnrunWarning(text), stacklevel=2)
    return whole


def look(folders: Sequence[Path], base: Path) -> list[Found]:
    """Return the runs in run folders, named as they lie below ``base``; a damaged one is bare."""
    return [_found(folder, base, datetime.now(UTC)) for folder in folders]


def _found(folder: Path, base: Path, now: datetime) -> Found:
    told = summary.read(folder)
    try:
        settings = settings_of(folder, told)
    except ConfigError as error:
        warnings.warn(SnnrunWarning(f"{error}; its settings are left out"), stacklevel=2)
        settings = {}
    told = {key: value for key, value in told.items() if key != "settings"}
    if told.get("state") == "running" and not is_owned(folder):
        told["state"] = "killed"
    name = printable(os.path.relpath(folder, base)).replace("\n", " ")
    return Found(folder, name, told, settings, _age(told.get("time"), now))


def _age(time: Any, now: datetime) -> float | None:
    """Return the seconds since a time that a file tells; None where it tells none.

    Example:
        >>> _age("2026-01-02T00:00:00+00:00", datetime(2026, 1, 2, 0, 1, tzinfo=UTC))
        60.0
    """
    try:
        return max(0.0, (now - datetime.fromisoformat(time)).total_seconds())
    except (TypeError, ValueError):
        return None


def differing(runs: Sequence[Found], besides: Collection[str] = ("seed",)) -> list[str]:
    """Return the keys whose values differ, in the order of the configs.

    What one component has and another of an unlike name has not is not told apart from the name;
    nor is what lies in a layer that only some of the networks have, but for the first key in it.
    Settings that change no numbers are left out.

    Args:
        runs: any.
        besides: keys that are left out too, with all that lies in them.
    """
    keys = [key for key in keys_of(runs) if _matters(key, besides)]
    heads = dict[str, str]()
    for key in keys:
        for prefix in prefixes(key)[:-1]:
            heads.setdefault(prefix, key)
    inner = [{prefix for key in run.settings for prefix in prefixes(key)[:-1]} for run in runs]
    return [key for key in keys if _differs(key, heads, runs, inner)]


def groups(runs: Sequence[Found], besides: Collection[str] = ("seed",)) -> list[list[Found]]:
    """Return runs that differ in nothing that matters together, in the order of the first ones.

    Args:
        runs: any.
        besides: keys that do not matter, with all that lies in them.
    """
    matters = {key: _matters(key, besides) for run in runs for key in run.settings}
    together = dict[Any, list[Found]]()
    for run in runs:
        told = {key: value for key, value in run.settings.items() if matters[key]}
        together.setdefault(_frozen(told), []).append(run)
    return list(together.values())


def _matters(key: str, besides: Collection[str]) -> bool:
    return not any(prefix in IDLE or prefix in besides for prefix in prefixes(key))


def keys_of(runs: Sequence[Found]) -> list[str]:
    """Return all keys of settings; one of a later run stands behind the one before it there."""
    order = list[str]()
    for keys in dict.fromkeys(tuple(run.settings) for run in runs):
        known, behind, at = set(order), dict[str, list[str]](), ""
        for key in keys:
            if key in known:
                at = key
            else:
                behind.setdefault(at, []).append(key)
        old = (each for key in order for each in (key, *behind.get(key, ())))
        order = [*behind.get("", ()), *old]
    return order


def _differs(
    key: str, heads: dict[str, str], runs: Sequence[Found], inner: Sequence[set[str]]
) -> bool:
    """Tell whether runs that have the same components around a key have unlike values of it.

    Args:
        key: the key.
        heads: of each map, the first key in it.
        runs: the runs.
        inner: of each run, the keys of its maps.
    """
    values = [run.settings.get(key, ABSENT) for run in runs]
    if all(value == values[0] for value in values):
        return False
    around = [prefix for prefix in prefixes(key)[:-1] if heads[prefix] != key]
    seen = dict[Any, Any]()
    for run, value, maps in zip(runs, values, inner, strict=True):
        kind = [(run.settings.get(f"{each}.name"), each in maps) for each in around]
        if key not in maps and seen.setdefault(_frozen(kind), value) != value:
            return True
    return False


def _frozen(value: Any) -> Any:
    """Return a plain value as one that can be looked up; the order of maps does not count."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(inner)) for key, inner in value.items())
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
