"""What is written of a reproduction: Markdown, CSV, and what there is to run as text."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snnrun.studies.plan import CONFIG, brief
from snnrun.studies.reproducing.comparing import Line
from snnrun.studies.reproducing.papers import Absent, Number, Paper, Result
from snnrun.studies.space import Point
from snnrun.studies.table import in_percent

_UNSEEN = "\\*"  # marks a number that was not seen where it stands


@dataclass(frozen=True)
class Told:
    """A table of a paper: what is said of it, and what came of it.

    runs: that are planned.
    done: runs that have ended.
    lost: runs that have ended without a number, for they diverged.
    """

    result: Result
    lines: Sequence[Line]
    runs: int
    done: int
    lost: int = 0

    @property
    def size(self) -> str:
        """How much there is to do on one core, and whether that was measured."""
        runs = f"{self.runs} run" + ("s" if self.runs > 1 else "")
        return f"{runs}, {hours_text(self.hours)} ({self.result.timing})"

    @property
    def hours(self) -> float:
        """Hours of all runs, one after the other, on one core."""
        return self.runs * self.result.minutes / 60


def hours_text(hours: float) -> str:
    """Return hours as people read them.

    Example:
        >>> hours_text(0.02), hours_text(0.5), hours_text(38.6)
        ('1 minute', '30 minutes', '39 hours')
    """
    if hours < 1.5:
        minutes = max(1, round(60 * hours))
        return f"{minutes} minute" + ("s" if minutes > 1 else "")
    return f"{hours:.2g} hours"


def as_markdown(paper: Paper, tables: Mapping[str, Told], quick: int | None = None) -> str:
    """Return ours beside theirs.

    Args:
        paper: the paper.
        tables: by their names.
        quick: epochs of each training, where that is not what the sweeps say.
    """
    facts = paper.facts
    parts = [f"# {facts.title}", f"{facts.cited()}. {facts.link or ''}".rstrip()]
    if quick is not None:
        parts.append(
            f"**No reproduction**: one seed of each point, for {quick} epochs (`--quick`)."
        )
    for name, told in tables.items():
        parts += _section(paper, name, told)
    if facts.absent:
        parts += ["## What cannot be trained here", "\n".join(map(_absent, facts.absent))]
    return "\n\n".join(parts) + "\n"


def _section(paper: Paper, name: str, told: Told) -> list[str]:
    result = told.result
    place = result.place or "not in the paper"
    unit = ", in percent" if in_percent(result.number) else ""
    parts = [
        f"## {name}: {result.what}",
        f"{place[0].upper()}{place[1:]}. `{result.number}` of the test split after the last "
        f"epoch{unit}: mean ± standard deviation (trainings).",
    ]
    if not told.done:
        command = f"snnrun reproduce {paper.name} --table {name}"
        parts.append(f"Not trained yet: {told.size} on one core, `{command}`.")
    elif told.done < told.runs:
        parts.append(f"{told.done} of {told.runs} runs are done.")
    if told.lost:
        parts.append(f"{told.lost} of them diverged and have no number.")
    sources = list(dict.fromkeys(_source(line.theirs) for line in told.lines if line.theirs))
    parts.append("\n".join(_table(told.lines, result, sources)))
    notes = [f"- [{number}] {source}" for number, source in enumerate(sources, 1)]
    if any(line.theirs and not line.theirs.seen for line in told.lines):
        notes.append(f"- {_UNSEEN} quoted from elsewhere, not seen where it stands")
    if result.shortened:
        notes.append(f"- **Shortened**: {result.shortened}")
    notes += [f"- Differs: {each}" for each in result.differs]
    return [*parts, "\n".join(notes)] if notes else parts


def _table(lines: Sequence[Line], result: Result, sources: Sequence[str]) -> Iterable[str]:
    yield "| | ours | theirs | difference | in standard errors |"
    yield "|---|---|---|---|---|"
    for line in lines:
        theirs = "not known"
        if line.theirs:
            mark = f" {_UNSEEN}" if not line.theirs.seen else ""
            place = sources.index(_source(line.theirs)) + 1
            theirs = f"{theirs_text(line.theirs)}{mark} [{place}]"
        cells = (_label(line.point), _ours(line, result), theirs, _difference(line, result))
        yield f"| {' | '.join(cells)} | {_errors(line)} |"


def _label(point: Point) -> str:
    """Return a point as the head of a line.

    Example:
        >>> _label({"config": "axonal", "model.layers.0.size": 30})
        'axonal, model.layers.0.size = 30'
        >>> _label({})
        'the config'
    """
    words = {key: value if isinstance(value, str) else brief(value) for key, value in point.items()}
    parts = (w if key == CONFIG else f"{key} = {w}" for key, w in words.items())
    return ", ".join(parts) or "the config"


def _number(value: float, number: str) -> str:
    return f"{value:.2f}" if in_percent(number) else f"{value:.4g}"


def _ours(line: Line, result: Result) -> str:
    if line.mean is None:
        return ""
    spread = "" if line.std is None else f" ± {_number(line.std, result.number)}"
    short = "" if len(line.ours) == line.runs else f" of {line.runs}"
    return f"{_number(line.mean, result.number)}{spread} ({len(line.ours)}{short})"


def theirs_text(number: Number) -> str:
    """Return a number with as many digits as are known of it.

    Example:
        >>> theirs_text(Number(mean=95.9, std=0.7, seeds=10, source="s", seen=True))
        '95.9 ± 0.7 (10)'
    """
    spread = "" if number.std is None else f" ± {number.std:g}"
    return f"{number.mean:g}{spread}" + (f" ({number.seeds})" if number.seeds else "")


def _difference(line: Line, result: Result) -> str:
    if line.difference is None:
        return ""
    return ("+" if line.difference > 0 else "") + _number(line.difference, result.number)


def _errors(line: Line) -> str:
    return "" if line.in_errors is None else f"{line.in_errors:+.1f} (of {line.known})"


def _source(number: Number) -> str:
    split = "" if number.split == "test" else f" ({number.split} split)"
    return f"{number.source}{split}"


def _absent(each: Absent) -> str:
    known = "; ".join(
        f"{theirs_text(n)}{'' if n.seen else f' {_UNSEEN}'} ({_source(n)})" for n in each.reported
    )
    return f"- {each.what}: {each.why}" + (f". Theirs: {known}" if known else "")


_HEAD = (
    "paper", "table", "point", "number", "ours_mean", "ours_std", "ours_n", "runs", "theirs_mean",
    "theirs_std", "theirs_n", "difference", "in_errors", "errors_of", "source", "seen", "shortened",
    "quick",
)  # fmt: skip


def as_csv(paper: Paper, tables: Mapping[str, Told], quick: bool) -> str:
    """Return one line for each number that is reported, and each point of which none is."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for name, told in tables.items():
        for line in told.lines:
            theirs = line.theirs
            ours = (line.mean, line.std, len(line.ours), line.runs)
            known = (theirs.mean, theirs.std, theirs.seeds) if theirs else (None,) * 3
            place = (_source(theirs), theirs.seen) if theirs else (None, None)
            errors = (line.difference, line.in_errors, line.known)
            said = (told.result.shortened, quick)
            point = json.dumps(line.point)
            start = (paper.name, name, point, told.result.number)
            writer.writerow([*start, *ours, *known, *errors, *place, *said])
    return text.getvalue()
