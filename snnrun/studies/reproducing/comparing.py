"""Our number beside theirs.

With s_o the standard deviation of n_o trainings of ours, s_t and n_t theirs, the difference is told
in units of its standard error √(s_o² / n_o + s_t² / n_t), where a part that is not known is left
out: then less is known of the difference than the figure seems to say, and ``known`` tells so.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from snnrun.studies.plan import SweepSettings
from snnrun.studies.reproducing.papers import Number, Result
from snnrun.studies.space import Point
from snnrun.studies.table import Row, in_percent


@dataclass(frozen=True)
class Line:
    """A point of a sweep, what came of it here, and one number that is reported of it.

    ours: of each training that ended and logged the number; accuracies in percent.
    runs: trainings that are planned.
    theirs: None: nothing is known of this point.
    """

    point: Point
    ours: tuple[float, ...]
    runs: int
    theirs: Number | None = None

    @property
    def mean(self) -> float | None:
        """Our mean; None: no training has ended."""
        return statistics.mean(self.ours) if self.ours else None

    @property
    def std(self) -> float | None:
        """Our standard deviation, of two trainings or more."""
        return statistics.stdev(self.ours) if len(self.ours) > 1 else None

    @property
    def difference(self) -> float | None:
        """Ours minus theirs."""
        if self.mean is None or self.theirs is None:
            return None
        return self.mean - self.theirs.mean

    @property
    def known(self) -> str:
        """Of whom a standard error is known: ours, theirs, both, or of none."""
        ours, theirs = (each is not None for each in self._errors())
        return "both" if ours and theirs else "ours" if ours else "theirs" if theirs else "none"

    @property
    def in_errors(self) -> float | None:
        """The difference in units of its standard error; None: nothing is known of that."""
        error = math.hypot(*(each or 0.0 for each in self._errors()))
        return None if self.difference is None or error == 0 else self.difference / error

    def _errors(self) -> tuple[float | None, float | None]:
        """Return the standard errors of our mean, and of theirs."""
        ours = None if self.std is None else self.std / math.sqrt(len(self.ours))
        theirs = self.theirs
        if theirs is None or theirs.std is None or theirs.seeds is None:
            return ours, None
        return ours, theirs.std / math.sqrt(theirs.seeds)


def lines(result: Result, settings: SweepSettings, rows: Sequence[Row]) -> Iterator[Line]:
    """Yield a line for each point of a sweep and each number that is reported of it.

    Args:
        result: what is reported.
        settings: of the sweep.
        rows: of the runs that have ended.
    """
    factor = 100 if in_percent(result.number) else 1
    for point in settings.planned():
        here = [row for row in rows if row.point == point and row.seed in settings.seeds]
        values = [row.numbers[result.number] for row in here]
        ours = tuple(factor * value for value in values if math.isfinite(value))
        line = Line(point, ours, len(settings.seeds))
        known = [number for number in result.reported if number.at == point]
        yield from (replace(line, theirs=number) for number in known)
        if not known:
            yield line
