"""Keeps what `snnrun sweep configs/sweep/all_rules_mnist.yaml` found, for docs/study.md.

    python benchmarks/study.py [experiment_results/all_rules_mnist]

writes ``results/all_rules_mnist.csv``, the tables of docs/study.md, and the figures beside them.
Each rule is trained for an epoch once more, alone on the machine and in a process of its own, which
tells its memory and its time without what other workers make of them. Without the folder of a sweep
the tables alone are written, from what was kept.
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import table

from snnrun.studies.compare import compare
from snnrun.studies.compare.costs import KINDS
from snnrun.studies.compare.statistics import Spread
from snnrun.studies.compare.table import cost_words, interval_words, spread_words
from snnrun.studies.table import read_csv

DOCS = Path(__file__).parent.parent / "docs"
KEPT = "all_rules_mnist"
NOISE = [0.1, 0.2, 0.3, 0.4, 0.5]
METRICS = ["accuracy", *(f"accuracy_noise_{strength}" for strength in NOISE)]
PARTS = ("mean", "deviation", "low", "high")
#: What the columns of ``noise_parts.csv`` are.
NOISE_IN = {
    "none": "no noise", "everywhere": "noise everywhere", "ink": "noise in the ink",
    "background": "noise in the background", "brighter": "brighter background, no noise",
}  # fmt: skip
FIGURES = ("curves", "cost", "noise")
Rows = list[dict[str, str]]


def found(sweep: Path) -> list[dict[str, Any]]:
    """Return what is kept of a sweep: a row for each rule."""
    trained = {row.run: row for row in read_csv((sweep / "table.csv").read_text())}
    whole, rows = compare(sweep, metrics=METRICS), []
    for group, record in zip(whole.groups, whole.rows(), strict=True):
        told = {key: value for key, value in record.items() if kept_of(key)}
        full = {key: "" if value is None else f"{value:.7g}" for key, value in told.items()}
        first = trained[group.runs[0].path.name]
        row = {"rule": first.point["config"], "n": len(group.runs), "epochs": first.epochs, **full}
        rows.append(row | alone(sweep / first.run) | table.machine())
    return rows


def kept_of(key: str) -> bool:
    """Tell whether a number of a comparison is kept: all but what other workers have a part in."""
    name, _, part = key.rpartition("/")
    return part in PARTS and name not in ("seconds", "memory_bytes")


def alone(run: Path) -> dict[str, str]:
    """Return seconds and memory of the first epoch of a run, with nothing beside it.

    The fewest seconds of two times, for machines are slowed and never hastened; the most memory.
    """
    found = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            place = f"{folder}/run"
            told = ["train", str(run / "config.yaml"), "train.epochs=1", "--folder", place]
            subprocess.run([sys.executable, "-m", "snnrun", *told, "--quiet"], check=True)
            found.append(json.loads(Path(place, "status.json").read_text()))
    seconds = min(status["seconds"] for status in found)
    memory = max(status["memory"] for status in found)
    return {"epoch_seconds": f"{seconds:.3g}", "memory_bytes/mean": str(memory)}


def drawn(sweep: Path) -> None:
    """Draw the figures of the page."""
    with tempfile.TemporaryDirectory() as folder:
        compare(sweep).figures(folder)
        for name in FIGURES:
            image = Path(folder) / f"{name}.png"
            (DOCS / f"images/study_{name}.png").write_bytes(image.read_bytes())


def spread(row: dict[str, str], name: str) -> Spread:
    """Return mean, deviation and interval as they were kept."""
    mean, *more = (row.get(f"{name}/{part}", "") for part in PARTS)
    return Spread(int(row["n"]), float(mean), *(float(text) if text else None for text in more))


def results(rows: Rows) -> str:
    """Return accuracy and costs in Markdown."""
    # All that was kept but the time, of which other workers had their part.
    kinds = [kind for kind in KINDS[1:] if f"{kind.name}/mean" in rows[0]]
    heads = ["rule", "accuracy (%)", "95 % interval", "epochs", "an epoch (s)"]
    heads += [kind.heading for kind in kinds]
    lines = [["---", *["---:"] * (len(heads) - 1)]]
    for row in rows:
        of = spread(row, "accuracy")
        costs = [cost_words(spread(row, kind.name), kind.unit) for kind in kinds]
        times = [row["epochs"], row["epoch_seconds"]]
        lines.append([row["rule"], spread_words(of, 100), interval_words(of, 100), *times, *costs])
    return piped(heads, lines)


def robustness(rows: Rows) -> str:
    """Return the accuracy by the strength of the noise in Markdown."""
    heads = ["rule", "no noise", *map(str, NOISE)]
    lines = [["---", *["---:"] * (len(heads) - 1)]]
    for row in rows:
        lines.append([row["rule"], *(spread_words(spread(row, name), 100) for name in METRICS)])
    return piped(heads, lines)


def noise_parts(rows: Rows) -> str:
    """Return the accuracy by where the noise is in Markdown."""
    kinds = list(rows[0])[2:]  # behind the rule and the strength
    lines = [["---", *["---:"] * len(kinds)]]
    for row in rows:
        lines.append([row["rule"], *(f"{100 * float(row[kind]):.1f}" for kind in kinds)])
    return piped(["rule", *(NOISE_IN[kind] for kind in kinds)], lines)


def piped(heads: list[str], lines: list[list[str]]) -> str:
    """Return a table of Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, *lines)) + "\n"


def kept(name: str) -> Rows:
    """Return the rows of a table in ``results/``."""
    with (table.RESULTS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def documented(page: str) -> str:
    """Return the page with its tables as they were kept."""
    for name, made in TABLES.items():
        page = table.marked(page, name, made())
    return page


TABLES: dict[str, Callable[[], str]] = {
    "results": lambda: results(kept(KEPT)),
    "robustness": lambda: robustness(kept(KEPT)),
    "parts": lambda: noise_parts(kept("noise_parts")),
}


if __name__ == "__main__":
    for sweep in map(Path, sys.argv[1:]):
        table.write(KEPT, found(sweep))
        drawn(sweep)
    page = DOCS / "study.md"
    page.write_text(documented(page.read_text()))
