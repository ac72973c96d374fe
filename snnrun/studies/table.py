"""The table of a sweep: a line a run as CSV, means and deviations over seeds as Markdown.

The CSV file holds all that is drawn: ``key...,seed,number...,seconds,epochs,run``.
"""

import csv
import io
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.runs.folder import RunDir
from snnrun.studies.cases import Case
from snnrun.studies.rounding import told
from snnrun.studies.space import Point
from snnrun.studies.words import plainly


@dataclass(frozen=True)
class Row:
    """The outcome of one run: numbers of the test split after the last epoch, by name.

    epochs: after how many it ended; one that was given up has fewer than the others.
    """

    point: Point
    seed: int
    numbers: dict[str, float]
    seconds: float
    run: str
    epochs: int = 0

    @classmethod
    def of(cls, case: Case, run: RunDir, shows: Sequence[str]) -> "Row":
        """Read the outcome of a run that ended; a number that was not logged is nan."""
        status = run.status()
        seconds = float(status.get("seconds", math.nan))
        epochs = int(status.get("epoch", 0))
        return cls(case.point, case.seed, _tested(run, shows), seconds, run.path.name, epochs)

    @classmethod
    def known(
        cls, point: Point, plain: Mapping[str, Any], folder: Path, shows: Sequence[str]
    ) -> "Row":
        """Return the row that :meth:`plain` wrote down; the run itself knows better, if it is here.

        Args:
            point: where it lies.
            plain: what was written down.
            folder: of the sweep.
            shows: numbers of the row.
        """
        run = RunDir(folder / plain["run"])
        numbers = {name: float(plain["numbers"].get(name, math.nan)) for name in shows}
        if run.config.is_file() and any(map(math.isnan, numbers.values())):
            numbers = _tested(run, shows)
        seconds, epochs = float(plain["seconds"]), int(plain.get("epochs", 0))
        return cls(point, plain["seed"], numbers, seconds, plain["run"], epochs)

    def plain(self) -> dict[str, Any]:
        """Return what other machines are told of it."""
        numbers = {name: value for name, value in self.numbers.items() if math.isfinite(value)}
        told = {"seed": self.seed, "run": self.run, "numbers": numbers}
        return told | {"seconds": self.seconds, "epochs": self.epochs}

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.4g}" for name, value in self.numbers.items())


def _tested(run: RunDir, shows: Sequence[str]) -> dict[str, float]:
    """Return numbers of the test split after the last epoch."""
    last = run.status().get("epoch")
    test = {
        row["name"]: row["value"]
        for row in run.logged()
        if row["split"] == "test" and row["epoch"] == last
    }
    return {name: test.get(name, math.nan) for name in shows}


def as_csv(rows: Sequence[Row]) -> str:
    """Return one line a run: what was set, the seed, the numbers, seconds, the run folder."""
    text = io.StringIO()
    keys, names = keys_in(rows), list(rows[0].numbers)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*keys, "seed", *names, "seconds", "epochs", "run"])
    for row in rows:
        values = [_word_of(row.point, key) for key in keys]
        numbers = [row.numbers[name] for name in names]
        writer.writerow([*values, row.seed, *numbers, row.seconds, row.epochs, row.run])
    return text.getvalue()


def read_csv(text: str) -> list[Row]:
    """Return the rows that :func:`as_csv` wrote.

    Raises:
        ValueError: it wrote something else.
    """
    header, *lines = csv.reader(io.StringIO(text))
    absent = [name for name in ("seed", "seconds", "run") if name not in header]
    if absent:
        raise ValueError(f"its first line lacks {', '.join(absent)}")
    first, last = header.index("seed"), header.index("seconds")
    rows = []
    for line in lines:
        cells = dict(zip(header, line, strict=True))
        numbers = {name: float(cells[name]) for name in header[first + 1 : last]}
        point = {key: _value(cells[key]) for key in header[:first] if cells[key]}
        seconds, epochs = float(cells["seconds"]), int(cells.get("epochs", 0))
        rows.append(Row(point, int(cells["seed"]), numbers, seconds, cells["run"], epochs))
    return rows


@dataclass(frozen=True)
class Grid:
    """The runs of a sweep as a table: a cell holds the runs that differ in nothing but their seed.

    keys: the keys whose values make the lines; those of a line, as words, make its label.
    lines: label of a line -> word of the column -> runs.
    heads: the words of the columns; one empty word if no key makes them.
    """

    keys: list[str]
    lines: dict[tuple[str, ...], dict[str, list[Row]]]
    heads: list[str]

    @classmethod
    def of(cls, rows: Sequence[Row], columns: str | None) -> "Grid":
        """Sort the runs; the values of the key ``columns`` make the columns, None: one column.

        A search may draw a point again: each seed of it counts once.
        """
        lines: dict[tuple[str, ...], dict[str, list[Row]]] = {}
        keys = [key for key in keys_in(rows) if key != columns]
        once = dict[tuple[str, int], Row]()
        for row in rows:
            once.setdefault((json.dumps(row.point, sort_keys=True), row.seed), row)
        counted = list(once.values())
        words = [_words_of(counted, key) for key in keys]
        heads = [""] * len(counted) if columns is None else _words_of(counted, columns)
        for place, row in enumerate(counted):
            label = tuple(each[place] for each in words)
            lines.setdefault(label, {}).setdefault(heads[place], []).append(row)
        return cls(keys, lines, list(dict.fromkeys(h for line in lines.values() for h in line)))


def as_markdown(rows: Sequence[Row], columns: str | None = None) -> str:
    """Return means and standard deviations over the seeds, and a line that says of what.

    Without ``columns``, a line for each point, with a column for each key and each number. With it,
    the values of that key make the columns; a cell holds the first number, and the others in
    brackets. Accuracies are in percent.

    Args:
        rows: the runs.
        columns: the key whose values make the columns.
    """
    grid = Grid.of(rows, columns)
    heads, lines = _listed(grid, rows) if columns is None else _crossed(grid, rows, columns)
    counts = sorted({len(cell) for line in grid.lines.values() for cell in line.values()})
    seeds = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    over = f"mean ± standard deviation over {seeds} seeds" if counts[-1] > 1 else "one seed"
    said = f"Test split, after the last epoch; {over}. Accuracies in percent."
    table = [heads, ["---"] * len(heads), *lines]
    return "\n".join([*map(_piped, table), "", said, ""])


def _piped(cells: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    words = (cell.replace("|", r"\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(words)} |"


_Table = tuple[list[str], list[list[str]]]


def _listed(grid: Grid, rows: Sequence[Row]) -> _Table:
    names = list(rows[0].numbers)
    cells = [
        [*label, *(_number(line[""], name) for name in names)] for label, line in grid.lines.items()
    ]
    return [*grid.keys, *names], cells


def _crossed(grid: Grid, rows: Sequence[Row], columns: str) -> _Table:
    first, *others = rows[0].numbers
    caption = first + (f" ({', '.join(others)})" if others else "")
    cells = []
    for label, line in grid.lines.items():
        pairs = zip(grid.keys, label, strict=True)
        words = ", ".join(f"{key} = {value}" for key, value in pairs if value)
        cells.append([words, *(_cell(line[head]) if head in line else "" for head in grid.heads)])
    return [caption, *(f"{columns} = {head}" for head in grid.heads)], cells


def in_percent(name: str) -> bool:
    """Tell whether a number is shown in percent: an accuracy, of whichever vote.

    Example:
        >>> in_percent("accuracy"), in_percent("accuracy_ngram"), in_percent("spikes/E")
        (True, True, False)
    """
    return name.partition("_")[0] == "accuracy"


def spread(rows: Sequence[Row], name: str) -> tuple[float, float | None]:
    """Return mean and standard deviation of a number over runs; None for the latter of one run.

    Accuracies are in percent. Both are nan if a run did not log the number.
    """
    values = [(100 if in_percent(name) else 1) * row.numbers[name] for row in rows]
    if len(values) == 1:
        return values[0], None
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    return statistics.mean(values), statistics.stdev(values)


def _cell(rows: Sequence[Row]) -> str:
    first, *others = (_number(rows, name) for name in rows[0].numbers)
    return first + (f" ({', '.join(others)})" if others else "")


def _number(rows: Sequence[Row], name: str) -> str:
    return told(*spread(rows, name), percent=in_percent(name))


def keys_in(rows: Sequence[Row]) -> list[str]:
    """Return the keys of all points, in order; not every point has all of them."""
    return list(dict.fromkeys(key for row in rows for key in row.point))


def _word_of(point: Point, key: str) -> str:
    return _word(point[key]) if key in point else ""


def _words_of(rows: Sequence[Row], key: str) -> list[str]:
    """Return the value of a key in each row as people read it; whole if few digits are too few."""
    whole = [_word_of(row.point, key) for row in rows]
    values = [row.point.get(key, "") for row in rows]
    short = [plainly(value) for value in values]
    return short if len(set(short)) == len(set(whole)) else whole


def _word(value: Any) -> str:
    """Return what :func:`_value` takes for this value: JSON, or a text that is none."""
    return (
        value if isinstance(value, str) and value and _value(value) == value else json.dumps(value)
    )


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word
