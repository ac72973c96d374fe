"""Writes the reproductions of docs/papers.md anew, from what `snnrun reproduce` has trained.

python benchmarks/papers.py [experiment_results/papers]
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from snnrun.studies.reproducing.papers import names, paper
from snnrun.studies.reproducing.running import Reproduction

DOCS = Path(__file__).parent.parent / "docs/papers.md"
MARK = "<!-- reproductions -->\n"


def documented(page: str, found: list[Reproduction]) -> str:
    """Return a page whose part behind the mark tells what became of papers."""
    kept, mark, _ = page.partition(MARK)
    assert mark, f"expected {MARK}"
    return "".join([kept, MARK, *left(found), *map(trained, found)])


def left(found: list[Reproduction]) -> Iterator[str]:
    """Yield the lines that say what was not run."""
    yield "## What was not run\nOn one core, all runs of the table; shorter with `--jobs`.\n\n"
    yield "| command | what | runs that are left |\n|---|---|---|\n"
    for each in found:
        for task in each.tasks:
            told = task.told()
            if told.done < told.runs:
                command = f"snnrun reproduce {each.paper.name} --table {task.name}"
                rest = f"{told.runs - told.done} of {told.size}"
                yield f"| `{command}` | {task.result.what} | {rest} |\n"


def trained(found: Reproduction) -> str:
    """Return what became of all tables of a paper, if any of them was trained."""
    if not any(task.rows() for task in found.tasks):
        return ""
    (text, _) = found.write()
    return "\n" + re.sub("^#", "##", text.read_text(), flags=re.MULTILINE)


if __name__ == "__main__":
    results = Path(sys.argv[1] if len(sys.argv) > 1 else "experiment_results/papers")
    every = [Reproduction.of(paper(name), (), results) for name in names()]
    DOCS.write_text(documented(DOCS.read_text(), every))
    print(f"wrote {DOCS}", file=sys.stderr)
