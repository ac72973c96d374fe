"""What is asked of runs: ``state=finished``, ``test>0.9``, ``age<2h``, ``run=mnist_*``.

A value is read as that of an override is; ``90%`` is 0.9, and where seconds are meant, ``30min``,
``2h`` and ``1d`` are so many. Text may be a pattern with ``*`` and ``?``.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from snnrun.config.tree import parse
from snnrun.errors import ConfigError
from snnrun.studies.columns import Keys, is_accuracy, value_of
from snnrun.studies.gathering import ABSENT, Found

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le, ">=": operator.ge, "!=": operator.ne, "==": operator.eq,
    "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
_SIGN = re.compile("|".join(_SIGNS))
_EQUALS = ("=", "==", "!=")
_TIMES = ("age", "seconds")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER = r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_TIME = re.compile(rf"({_NUMBER}) ?({'|'.join(_UNITS)})")
_PERCENT = re.compile(rf"({_NUMBER}) ?%")


@dataclass(frozen=True)
class Condition:
    """One thing that is asked: a whole key, a sign, a value."""

    key: str
    sign: str
    value: Any

    def fits(self, run: Found) -> bool:
        """Tell whether a run is as it is asked; one that lacks the key is only unlike."""
        value, unlike = value_of(run, self.key), self.sign == "!="
        if value is ABSENT:
            return unlike
        if self.sign in _EQUALS:
            same = _kind(value) == _kind(self.value) and value == self.value
            return (same or self._matches(value)) != unlike
        return _kind(value) == _kind(self.value) and _SIGNS[self.sign](value, self.value)

    def _matches(self, value: Any) -> bool:
        return isinstance(self.value, str) and fnmatchcase(str(value), self.value)


def condition_of(text: str, keys: Keys, runs: Sequence[Found]) -> Condition:
    """Return what a text asks for.

    Args:
        text: the text.
        keys: that the runs have.
        runs: all runs.

    Raises:
        ConfigError: it asks for nothing, for a key that no run has, or for what no run can be.
    """
    signs = list(_SIGN.finditer(text))
    if not signs or not text[: signs[0].start()].strip():
        raise ConfigError(
            f"--where {text}: expected a key, a sign and a value, such as model.name=lif or "
            f"'test>0.9'; signs are {' '.join(_SIGNS)}"
        )
    # A key may hold a sign itself, as that of synapses from X to Y does.
    at = next((each for each in signs if text[: each.start()].strip() in keys.every), signs[0])
    try:
        key = keys.whole(text[: at.start()].strip())
        found = Condition(key, at[0], _read(key, text[at.end() :].strip()))
        if found.sign not in _EQUALS:
            _check_order(
                found,
                [value_of(run, key) for run in runs],
                all(is_accuracy(run, key) for run in runs),
            )
    except ConfigError as error:
        raise ConfigError(f"--where {text}: {error}") from None
    return found


def _read(key: str, text: str) -> Any:
    """Return the value that a text means; what is no YAML, such as ``*_mnist``, is text."""
    if key in _TIMES and (time := _TIME.fullmatch(text)):
        return float(time[1]) * _UNITS[time[2]]
    if percent := _PERCENT.fullmatch(text):
        return float(percent[1]) / 100
    problems = list[str]()
    try:
        value = parse(text, lambda _: "", problems).plain()
    except ConfigError:
        return text
    return text if problems else value


def _check_order(asked: Condition, values: Sequence[Any], share: bool) -> None:
    """Refuse a comparison of order that no run can meet.

    Args:
        asked: the comparison.
        values: of the runs.
        share: whether these lie between 0 and 1.

    Raises:
        ConfigError: saying what was expected.
    """
    kind = _kind(asked.value)
    there = {_kind(value) for value in values if value is not ABSENT and value is not None}
    if kind not in ("a number", "text") or (there and kind not in there):
        expected = " or ".join(sorted(there & {"a number", "text"})) or "a number"
        raise ConfigError(f"{asked.key} is compared with {kind}; expected {expected}")
    if share and kind == "a number" and not -1 <= asked.value <= 1:
        meant = f"{asked.key}{asked.sign}{asked.value:g}%"
        raise ConfigError(f"accuracies lie between 0 and 1; did you mean '{meant}'?")


def _kind(value: Any) -> str:
    """Say what a plain value is.

    Example:
        >>> [_kind(value) for value in (True, 2, 2.5, "lif", None, [1])]
        ['true or false', 'a number', 'a number', 'text', 'nothing', 'a list']
    """
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if value is None:
        return "nothing"
    return "text" if isinstance(value, str) else "a list"
