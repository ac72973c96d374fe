"""Which runs are listed, in which order: ``--state``, ``--where``, ``--sort``, ``--limit``."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.columns import Keys, value_of
from snnrun.studies.gathering import ABSENT, Found

#: How a run may stand.
STATES = ("running", "finished", "interrupted", "failed", "killed", "shared")
_KEY = re.compile(r"""(?:"[^"]*"|'[^']*'|[^,])+""")


@dataclass(frozen=True)
class Choice:
    """Which runs are listed, and in which order.

    states: one of these; none: any.
    where: what is asked of each, see :mod:`snnrun.studies.conditions`; all of it must fit.
    sort: keys, joined by commas; those with a minus descend.
    limit: the first so many; None: all.
    """

    states: Sequence[str] = ()
    where: Sequence[str] = ()
    sort: str = ""
    limit: int | None = None

    def of(self, runs: Sequence[Found], keys: Keys) -> list[Found]:
        """Return the runs that are asked for, in the order that is asked for.

        Args:
            runs: all runs; of none, nothing can be asked.
            keys: that the runs have.

        Raises:
            ConfigError: something is asked that no run has.
        """
        if not runs:
            return []
        chosen = _asked(self._in_states(runs), self.where, keys, runs)
        for text in reversed(split(self.sort)):
            chosen = _sorted(chosen, keys.whole(text.removeprefix("-")), text[0] == "-")
        return chosen[: self.limit]

    def _in_states(self, runs: Sequence[Found]) -> list[Found]:
        there = {value_of(run, "state") for run in runs}
        for state in self.states:
            if state not in there.union(STATES):
                raise ConfigError(f"no state {state!r}{instead(state, STATES)}")
        return [run for run in runs if not self.states or value_of(run, "state") in self.states]


def split(keys: str) -> list[str]:
    """Return the keys that commas join.

    Example:
        >>> split('seed, -test, rates."a,b"')
        ['seed', '-test', 'rates."a,b"']
    """
    return [text for each in _KEY.findall(keys) if (text := each.strip())]


def instead(text: str, choices: Iterable[str]) -> str:
    """Say what was most likely meant, or what there is."""
    guess = near(text, choices)
    return f"; did you mean {guess!r}?" if guess else f"; there are {', '.join(choices)}"


def _asked(
    runs: list[Found], where: Sequence[str], keys: Keys, every: Sequence[Found]
) -> list[Found]:
    """Return the runs that fit everything that is asked."""
    if not where:
        return runs
    from snnrun.studies.conditions import condition_of

    conditions = [condition_of(text, keys, every) for text in where]
    return [run for run in runs if all(each.fits(run) for each in conditions)]


def _sorted(runs: Sequence[Found], key: str, descends: bool) -> list[Found]:
    """Return runs by a value; those that lack it stand last."""
    ranked = [(_rank(value_of(run, key)), run) for run in runs]
    there = sorted((p for p in ranked if p[0]), key=lambda pair: pair[0], reverse=descends)
    return [run for _, run in [*there, *(pair for pair in ranked if not pair[0])]]


def _rank(value: Any) -> tuple[Any, ...]:
    """Return what plain values are sorted by, numbers before text; nothing for one that is none.

    Example:
        >>> sorted(["b", 2, True, "a"], key=_rank), _rank(float("nan"))
        ([True, 2, 'a', 'b'], ())
    """
    if value is ABSENT or value is None or value != value:
        return ()
    return (0, value) if isinstance(value, int | float) else (1, str(value))
