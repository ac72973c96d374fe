"""What the benchmarks share: on what they ran, and the table that they leave in ``results/``.

    python benchmarks/table.py

writes the tables of docs/bench.md anew, from ``results/bench.csv`` and ``results/peers_lif.csv``.
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from snnrun.studies.bench import machine as here
from snnrun.studies.bench import timing
from snnrun.studies.bench.formats import as_markdown
from snnrun.studies.bench.table import read_csv

Name = TypeVar("Name")
RESULTS = Path(__file__).parent / "results"
DOCS = Path(__file__).parent.parent / "docs/bench.md"


def machine() -> dict[str, str]:
    """Return processor, level of the kernels and torch."""
    found = here.machine()
    return {name: found[name] for name in ("cpu", "level", "torch")}


def in_turns(calls: Mapping[Name, Callable[[], object]], seconds: float) -> dict[Name, float]:
    """Return the milliseconds of each call: the lower quartile of turns in so many seconds each."""
    spent = timing.in_turns(calls, seconds * len(calls))
    return {name: timing.Spread.of(ms).low for name, ms in spent.items()}


def rounded(row: dict[str, Any]) -> dict[str, str]:
    """Return what was measured as text, to four digits; nothing for None."""
    said = {key: "" if x is None else x for key, x in row.items()}
    return {key: f"{x:.4g}" if isinstance(x, float) else str(x) for key, x in said.items()}


def show(row: dict[str, Any]) -> None:
    """Print what was measured, on one line."""
    print("  ".join(f"{key}={x}" for key, x in rounded(row).items()), flush=True)


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Write ``results/<name>.csv``."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(map(rounded, rows))


def documented(page: str, results: Path = RESULTS) -> str:
    """Return a page of the documentation with its tables as ``results/`` has them."""
    for name, (file, table) in TABLES.items():
        kept = results / file
        page = marked(page, name, table(kept) if kept.exists() else "Not measured yet.\n")
    return page


def marked(page: str, name: str, text: str) -> str:
    """Return a page with a text between the marks of a name."""
    marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
    between = re.compile(rf"(?<={marks[0]}\n).*?(?={marks[1]})", re.DOTALL)
    page, count = between.subn(lambda _: text, page)
    assert count == 1, f"expected one pair of {' and '.join(marks)}"
    return page


def peers(rows: list[dict[str, str]]) -> str:
    """Return times over ours in Markdown: a line for each peer, a cell for each layer."""
    threads = list(dict.fromkeys(row["threads"] for row in rows))
    sizes = list(dict.fromkeys((row["neurons"], row["steps"]) for row in rows))
    found = {(row["peer"], row["neurons"], row["steps"], row["threads"]): row for row in rows}

    def cell(peer: str, neurons: str, steps: str) -> str:
        each = [found.get((peer, neurons, steps, count), {}) for count in threads]
        ratios = [one.get("over_ours") for one in each]
        return " / ".join(f"{float(ratio):.3g}" if ratio else "-" for ratio in ratios)

    heads = [f"{int(neurons):,} x {steps}" for neurons, steps in sizes]
    lines = [["neurons x steps", *heads], ["---"] * (1 + len(heads))]
    for peer in dict.fromkeys(row["peer"] for row in rows):
        lines.append([peer, *(cell(peer, *size) for size in sizes)])
    of = rows[0]
    said = f"{of['cpu']}, {of['level']}, torch {of['torch']}; on {' / '.join(threads)} threads."
    return "\n\n".join([said, "\n".join(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


TABLES = {
    "bench": ("bench.csv", lambda kept: as_markdown(read_csv(kept))),
    "peers": (
        "peers_lif.csv",
        lambda kept: peers(list(csv.DictReader(kept.read_text().splitlines()))),
    ),
}

if __name__ == "__main__":
    DOCS.write_text(documented(DOCS.read_text()))
    print(f"wrote {DOCS}", file=sys.stderr)
