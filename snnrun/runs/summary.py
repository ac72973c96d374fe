"""What a run comes to, small enough that a thousand runs are listed in a second.

``summary.json`` in a run folder: names of model, rule and data set, seed, all settings, how the run
stands, and the numbers of its last epoch, its best one, and its tests. It is written along with the
status.
"""

import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.core.paths import flat
from snnrun.errors import DataError, SnnrunWarning
from snnrun.runs import json_files

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

SUMMARY = "summary.json"
#: Entries that a status does not have; what stands there is anything.
_NO_STATUS = ("data", "encoder", "model", "learning", "judged_by", "settings", "last", "test")
Numbers = Mapping[str, float]


def described(experiment: "Experiment") -> dict[str, Any]:
    """Return what stands fast before a run begins."""
    whole = experiment.model_dump()
    parts = ("data", "encoder", "model", "learning")
    names = {part: whole[part]["name"] for part in parts}
    with suppress(ValueError):  # with keys that are so long, runs are not told apart
        names["settings"] = flat(whole)
    return {
        **names,
        "seed": experiment.seed,
        "judged_by": experiment.learning.judged_by.by.name,
    }


class Summary:
    """The summary of one run, as it grows.

    Args:
        fixed: what :func:`described` returned.
    """

    def __init__(self, fixed: Mapping[str, Any]) -> None:
        self._fixed = dict(fixed)
        self._last: dict[str, Numbers] = {}
        self._tests: dict[str, Numbers] = {}

    def go_on(self, before: Mapping[str, Any], epoch: int) -> None:
        """Keep the tests of an earlier session, of epochs up to this one."""
        tests = before.get("test", {})
        self._tests = {at: numbers for at, numbers in tests.items() if int(at) <= epoch}

    def note(self, epoch: int, split: str, values: Numbers) -> None:
        """Note the numbers of an epoch."""
        if split == "test":
            self._tests[str(epoch)] = dict(values)
        else:
            self._last[split] = dict(values)

    def content(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is written, beside a status."""
        kept = ("state", "reason", "epoch", "epochs", "best", "seconds", "time")
        return {
            **self._fixed,
            **{key: status[key] for key in kept if key in status},
            "last": self._last,
            "test": self._tests,
        }


def read(run: Path) -> dict[str, Any]:
    """Return the summary of a run folder, of one of an earlier version its status.

    A file that is damaged is left out, and a warning tells it.
    """
    for name in (SUMMARY, "status.json"):
        try:
            found = json_files.read(run / name)
        except DataError as error:
            warnings.warn(SnnrunWarning(f"{error}; it is left out"), stacklevel=2)
            continue
        if found is not None:
            return found if name == SUMMARY else {k: found[k] for k in found if k not in _NO_STATUS}
    return {}
