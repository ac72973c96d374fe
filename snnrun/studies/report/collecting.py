"""What a page tells, read from run folders, and read on while they are trained."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snnrun.errors import DataError
from snnrun.runs.folder import RunDir
from snnrun.runs.whole import read_text
from snnrun.studies.gathering import Found, differing, gather, groups, look
from snnrun.studies.places import base_of, runs_at
from snnrun.studies.report.curves import Log
from snnrun.studies.report.figures import Figures, read_figures, trace

_LONGEST = 200_000  # characters of a config
#: Times as long as a reading took, but no more than so many seconds, pass before the next one; the
#: first reads whole logs, and does not count.
_PATIENCE, _AT_MOST = 10.0, 30.0


@dataclass
class Known:
    """A run that is on the page.

    found: how it stands.
    log: what it logged.
    changed: the reading at which it stood otherwise than before.
    """

    found: Found
    log: Log
    changed: int = 0
    environment: dict[str, Any] = field(default_factory=dict)
    status: dict[str, Any] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, found: Found) -> "Known":
        """Read what stays as it is."""
        known = cls(found, Log(found.path))
        known.environment = known._json("environment.json")
        known.status = known._json("status.json")
        return known

    def read_on(self, found: Found, reading: int) -> None:
        """Read what may have changed."""
        if found.summary != self.found.summary or not self.changed:
            self.found, self.changed = found, reading
            self.status = self._json("status.json")
        if self.log.read_on(reading):
            self.changed = reading

    def config(self) -> str:
        """Return the config as it is written."""
        path = self.found.path / "config.yaml"
        try:
            text = read_text(path).decode("utf-8", "replace")
        except OSError as error:
            return f"cannot read {path}: {error.strerror}"
        return text if len(text) <= _LONGEST else f"{path} has {len(text):,} characters"

    def _json(self, name: str) -> dict[str, Any]:
        try:
            return RunDir(self.found.path).read_json(name)
        except DataError as error:
            self.damaged = [*self.damaged, str(error)]
            return {}


class Collection:
    """Runs and all that a page tells of them.

    Args:
        places: what :func:`snnrun.studies.gathering.gather` takes.
        room: bytes that the figures may have.
        may_be_empty: whether there may be no run yet, and runs of which little is known yet.

    Attributes:
        runs: the runs, in the order of the places.
        together: the runs again, those that differ in nothing but their seed together.
        differ: the keys in which the settings differ.
        reading: how often they were read.
        layout: another number whenever a page that was made before cannot be brought up to date.
    """

    def __init__(self, places: Sequence[Path], room: int, may_be_empty: bool = False) -> None:
        self.places, self.room, self.may_be_empty = list(places), room, may_be_empty
        self.runs: list[Known] = []
        self.together: list[list[Known]] = []
        self.differ: list[str] = []
        self.reading = self.layout = 0
        self._known: dict[Path, Known] = {}
        self._trace: object = None
        self._until = 0.0

    def read_on(self) -> None:
        """Read what is new.

        Raises:
            DataError: a place is not there, or holds no run.
        """
        begun = time.monotonic()
        if begun < self._until:
            return
        every = self._found()
        self.reading += 1
        for found in every:
            if found.path not in self._known:
                self._known[found.path] = Known.of(found)
            self._known[found.path].read_on(found, self.reading)
        self._arrange(every)
        if self.reading > 1:
            now = time.monotonic()
            self._until = now + min(_PATIENCE * (now - begun), _AT_MOST)

    def figures(self) -> Figures:
        """Return the figures of the runs."""
        return read_figures([run.found.path for run in self.runs], self.room)

    def _found(self) -> list[Found]:
        if not self.may_be_empty:
            found = gather(self.places)
            if not found:
                raise DataError("none of the runs can be read, so there is nothing to report")
            return found
        runs = look(runs_at(self.places, may_be_empty=True), base_of(self.places))
        return [run for run in runs if run.summary and run.settings]

    def _arrange(self, every: Sequence[Found]) -> None:
        self.runs = [self._known[found.path] for found in every]
        stand = [
            (
                run.found.path,
                run.found.settings,
                run.log.begun,
                run.log.damaged,
                trace(run.found.path),
            )
            for run in self.runs
        ]
        if stand == self._trace:
            return
        self._trace = stand
        self.layout += 1
        found = [run.found for run in self.runs]
        self.differ = differing(found, besides=())
        self.together = [[self._known[run.path] for run in group] for group in groups(found)]
