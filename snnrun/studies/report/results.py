"""How runs stand and what they reach, as tables: a line for each run, a line for each group."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snnrun.config.dumping import inline
from snnrun.core.durations import duration_words
from snnrun.studies.columns import NAMED, Keys, is_accuracy
from snnrun.studies.gathering import Found, Numbers
from snnrun.studies.report.collecting import Collection, Known

_MOST_KEYS = 6  # settings that differ, in a table of results
_WIDEST = 60  # characters of what a group is called


@dataclass(frozen=True)
class Cell:
    """What a cell says, and what it is sorted by: a number, a text, or nothing."""

    text: str
    value: float | str | None = None

    @property
    def order(self) -> float | str:
        """What it is sorted by: its text where it has no value."""
        return self.text if self.value is None else self.value

    @classmethod
    def plain(cls, value: object) -> "Cell":
        """Return a cell that says a value as configs write it."""
        said = "" if value is None else inline(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(said, value)
        return cls(said)


@dataclass(frozen=True)
class Results:
    """A table: headings and, of each line, its cells."""

    headings: list[str]
    rows: list[list[Cell]]


def keys_of(study: Collection) -> list[str]:
    """Return the settings that a table of runs tells: those that differ, of many the parts."""
    if len(study.differ) <= _MOST_KEYS:
        return study.differ
    return [key for key in study.differ if key in (*NAMED, "seed")]


def of_runs(study: Collection) -> Results:
    """Return a line for each run."""
    keys = keys_of(study)
    return Results(
        ["run", "state", "epoch", *_headings(study, keys), *_judged(study), "best epoch", "time"],
        [of_run(run, keys) for run in study.runs],
    )


def of_run(run: Known, keys: Sequence[str]) -> list[Cell]:
    """Return the line of a run; ``keys`` are the settings that it tells."""
    found, told = run.found, run.found.summary
    epoch, best = told.get("epoch"), found.best.get("epoch")
    return [
        Cell(found.name, found.name),
        Cell(str(told.get("state", "?"))),
        Cell(f"{'?' if epoch is None else epoch} of {told.get('epochs', '?')}", epoch),
        *(Cell.plain(found.settings.get(key)) for key in keys),
        number(found.best.get(found.judged_by), is_accuracy(found, "validation")),
        number(found.tested.get(found.judged_by), is_accuracy(found, "test")),
        Cell("" if best is None else f"{best:.0f}", best),
        duration(told.get("seconds")),
    ]


def of_groups(study: Collection) -> Results:
    """Return a line for each group: means and deviations over its runs, but those that failed."""
    rows = []
    for label, group in zip(labels(study), study.together, strict=True):
        runs = [run.found for run in group]
        rows.append(
            [
                Cell(label, label),
                Cell(str(len(runs)), len(runs)),
                _spread(runs, lambda run: run.best),
                _spread(runs, lambda run: run.tested),
                _mean_time(runs),
            ]
        )
    return Results(["group", "runs", *_judged(study), "time of a run"], rows)


def labels(study: Collection) -> list[str]:
    """Return what each group is called: by its settings, by its parts, or by its first run."""
    first = [group[0].found for group in study.together]
    keys = [key for key in study.differ if key != "seed"]
    headings = list(zip(_headings(study, keys), keys, strict=True))
    ways: list[Callable[[Found], str]] = [
        lambda run: ", ".join(
            f"{heading}={inline(run.settings[key])}"
            for heading, key in headings
            if key in run.settings
        ),
        _parts,
        lambda run: run.name,
    ]
    for way in ways:
        names = [way(run) or _parts(run) for run in first]
        if len(set(names)) == len(names) and max(map(len, names), default=0) <= _WIDEST:
            return names
    return [f"{number}: {run.name}" for number, run in enumerate(first, start=1)]


def number(value: float | None, in_percent: bool) -> Cell:
    """Return a cell for what a run is judged by.

    Example:
        >>> number(0.9512, True).text, number(1.5, False).text, number(None, False).text
        ('95.12%', '1.5', '')
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        return Cell("" if value is None else str(value))
    return Cell(f"{value:.2%}" if in_percent else f"{value:.4g}", value)


def duration(seconds: float | None) -> Cell:
    """Return a cell for a time.

    Example:
        >>> [duration(seconds).text for seconds in (0.58, 75.0, 7300.0, None)]
        ['0.6 s', '1 min 15 s', '2 h 1 min', '']
    """
    if seconds is None or not math.isfinite(seconds):
        return Cell("")
    return Cell(duration_words(seconds), seconds)


def _judged(study: Collection) -> list[str]:
    names = {run.found.judged_by for run in study.runs}
    by = f" {names.pop()}" if len(names) == 1 else ""
    return [f"validation{by}", f"test{by}"]


def _headings(study: Collection, keys: Sequence[str]) -> list[str]:
    """Return what settings are called where there is little room: ``data``, ``batch_size``."""
    every = Keys([run.found for run in study.runs])
    return [key.removesuffix(".name") if key in NAMED else every.short(key) for key in keys]


def _parts(run: Found) -> str:
    told = [str(run.summary.get(key, "?")) for key in ("model", "learning")]
    return f"{', '.join(dict.fromkeys(told))} on {run.summary.get('data', '?')}"


def _spread(runs: Sequence[Found], of: Callable[[Found], Numbers]) -> Cell:
    there = [run for run in runs if run.summary.get("state") != "failed"]  # not what went wrong
    values = [of(run).get(run.judged_by) for run in there]
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return Cell("")
    mean, in_percent = statistics.mean(known), is_accuracy(runs[0], "validation")
    said = number(mean, in_percent).text
    if len(known) > 1:
        deviation = statistics.stdev(known)
        said += f" ± {deviation:.2%}" if in_percent else f" ± {deviation:.2g}"
    return Cell(said if len(known) == len(runs) else f"{said} ({len(known)} of {len(runs)})", mean)


def _mean_time(runs: Sequence[Found]) -> Cell:
    known = [run.summary["seconds"] for run in runs if "seconds" in run.summary]
    return duration(statistics.mean(known) if known else None)
