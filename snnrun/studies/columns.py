"""What a table of runs can show of each run, by keys.

::

    run, path, model, rule, data, state, ...    how it is called, what it is, how it stands
    validation, test                            the number that its best epoch was chosen by
    test/accuracy, validation/loss, ...         any number of its best epoch; of train, of the last
    model.layers.0.size, ...                    any setting, as overrides name it

The end of a key, such as ``size``, stands for it where only one key ends so.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from snnrun.core.paths import dotted, steps
from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.gathering import ABSENT, Found, keys_of


def _told(name: str, setting: str = "") -> Callable[[Found], Any]:
    """Return what looks an entry up in the summary, and where there is none, a setting."""
    return lambda run: run.summary.get(name, run.settings.get(setting))


#: What every run has, or may have; None: it does not tell.
FIXED: dict[str, Callable[[Found], Any]] = {
    "run": lambda run: run.name,
    "path": lambda run: os.path.abspath(run.path),
    "model": _told("model", "model.name"),
    "rule": _told("learning", "learning.name"),
    "data": _told("data", "data.name"),
    "encoder": _told("encoder", "encoder.name"),
    "state": _told("state"),
    "reason": _told("reason"),
    "epoch": _told("epoch"),
    "epochs": _told("epochs"),
    "best": lambda run: run.best.get("epoch"),
    "judged_by": lambda run: run.judged_by,
    "validation": lambda run: run.best.get(run.judged_by),
    "test": lambda run: run.tested.get(run.judged_by),
    "age": lambda run: None if run.age is None else round(run.age),
    "time": _told("time"),
    "seconds": _told("seconds"),
}
#: Settings that some of these tell.
NAMED = ("model.name", "learning.name", "data.name", "encoder.name")


def value_of(run: Found, key: str) -> Any:
    """Return what a run has under a whole key; ``ABSENT`` where it has nothing."""
    if key in FIXED:
        value = FIXED[key](run)
        return ABSENT if value is None else value
    if key in run.settings:
        return run.settings[key]
    split, _, name = key.partition("/")
    return _numbers(run).get(split, {}).get(name, ABSENT)


def _numbers(run: Found) -> dict[str, dict[str, Any]]:
    last = run.summary.get("last", {})
    best = {name: value for name, value in run.best.items() if name != "epoch"}
    validation = {**last.get("validation", {}), **best}
    return {"train": last.get("train", {}), "validation": validation, "test": run.tested}


class Keys:
    """All keys that some runs have.

    Args:
        runs: the runs.
    """

    def __init__(self, runs: Sequence[Found]) -> None:
        numbers = dict.fromkeys(
            f"{split}/{name}"
            for run in runs
            for split, values in _numbers(run).items()
            for name in values
        )
        settings = keys_of(runs)
        self.every = list(dict.fromkeys([*FIXED, *numbers, *settings]))
        self._ends = {key: list(_ends(key)) for key in settings}
        self._count = Counter(end for ends in self._ends.values() for end in ends)
        self._count.update(self.every)

    def short(self, key: str) -> str:
        """Return the shortest text that stands for a whole key."""
        ends = [end for end in self._ends.get(key, ()) if self._count[end] == 1]
        return min([*ends, key], key=len)

    def whole(self, text: str) -> str:
        """Return the key that a text stands for.

        Raises:
            ConfigError: none or several; the nearest key that there is.
        """
        if text in self.every:
            return text
        meant = [key for key, ends in self._ends.items() if text in ends]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise ConfigError(f"{text!r} may be any of {some(meant)}; write more of it")
        guess = near(text, [*self.every, *self._count])
        if guess:
            raise ConfigError(f"no run has {text!r}; did you mean {guess!r}?")
        raise ConfigError(f"no run has {text!r}; there are {some(self.every)}")


def _ends(key: str) -> Iterator[str]:
    """Yield what a key may be called by beside its whole name.

    Example:
        >>> list(_ends("model.layers.0.size"))
        ['size', '0.size', 'layers.0.size']
    """
    parts = steps(key)[0]
    return (dotted(tuple(parts[start:])) for start in range(len(parts) - 1, 0, -1))


def is_accuracy(run: Found, key: str) -> bool:
    """Tell whether a key is that of an accuracy, which people read in percent."""
    name = run.judged_by if key in ("validation", "test") else key.partition("/")[2]
    return name.partition("_")[0] == "accuracy"


def some(keys: Sequence[str], most: int = 8) -> str:
    """Return the first of some keys, and how many more there are."""
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + more
