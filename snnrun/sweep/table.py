"""The table of a sweep: a line a run as CSV, means and deviations over seeds as Markdown."""

import csv
import io
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snnrun.results import RunDir
from snnrun.sweep.plan import Case, Point


@dataclass(frozen=True)
class Row:
    """The outcome of one run: numbers of the test split after the last epoch, by name."""

    point: Point
    seed: int
    numbers: dict[str, float]
    seconds: float
    run: str

    @classmethod
    def of(cls, case: Case, run: RunDir, shows: Sequence[str]) -> "Row":
        """Read the outcome of a finished run; a number that was not logged is nan."""
        status = run.status()
        test = {
            row["name"]: row["value"]
            for row in run.metrics()
            if row["split"] == "test" and row["epoch"] == status["epoch"]
        }
        numbers = {name: test.get(name, float("nan")) for name in shows}
        return cls(case.point, case.seed, numbers, status["seconds"], run.path.name)

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.4g}" for name, value in self.numbers.items())


def as_csv(rows: Sequence[Row]) -> str:
    """Return one line a run: what was set, the seed, the numbers, seconds, the run folder."""
    text = io.StringIO()
    keys, names = list(rows[0].point), list(rows[0].numbers)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*keys, "seed", *names, "seconds", "run"])
    for row in rows:
        values = [_word(row.point[key]) for key in keys]
        numbers = [row.numbers[name] for name in names]
        writer.writerow([*values, row.seed, *numbers, row.seconds, row.run])
    return text.getvalue()


def as_markdown(rows: Sequence[Row], columns: str | None = None) -> str:
    """Return a table with a cell for every point of the grid.

    A cell holds the mean of the first number over the seeds, with the standard deviation, and the
    means of the others in brackets. Accuracies are in percent.

    Args:
        rows: the runs.
        columns: the key whose values make the columns; None: one column.
    """
    cells: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        across = "" if columns is None else f"{columns} = {_word(row.point[columns])}"
        down = [f"{key} = {_word(v)}" for key, v in row.point.items() if key != columns]
        cells.setdefault(", ".join(down), {}).setdefault(across, []).append(row)
    heads = list(dict.fromkeys(head for line in cells.values() for head in line))
    shown = list(rows[0].numbers)
    caption = shown[0] + (f" ({', '.join(shown[1:])})" if shown[1:] else "")
    lines = [f"| {caption} | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for label, line in cells.items():
        words = " | ".join(_cell(line[head]) if head in line else "" for head in heads)
        lines.append(f"| {label} | {words} |")
    return "\n".join(lines) + "\n"


def _cell(rows: Sequence[Row]) -> str:
    first, *others = rows[0].numbers
    scale, digits = (100, ".2f") if first == "accuracy" else (1, ".3g")
    values = [scale * row.numbers[first] for row in rows]
    text = f"{statistics.mean(values):{digits}}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):{digits}}"
    means = [statistics.mean(row.numbers[name] for row in rows) for name in others]
    return text + (f" ({', '.join(f'{mean:.3g}' for mean in means)})" if means else "")


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
