"""The table of docs/plots.md."""

import re
from pathlib import Path

from snnrun.plots import PLOTS

PAGE = (Path(__file__).parents[2] / "docs" / "plots.md").read_text(encoding="utf-8")
#: What figures read beside the arrays of measures, as the page calls it.
FILES = {"the log", "the history", "checkpoints"}


def rows() -> dict[tuple[str, ...], list[str]]:
    """Names of files of each row, and what they are drawn from."""
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0].startswith("`"):
            names = tuple(re.findall(r"`(\w+)`", cells[0]))
            told = [cell.strip("`") for cell in cells[3].split(", ")]
            found[names] = [each for each in told if each != "the config"]  # all figures read it
    return found


def files_of(name: str) -> tuple[str, ...]:
    """What the files of a figure are called."""
    splits = PLOTS[name].splits
    return (name,) if len(splits) == 1 else tuple(f"{name}_{split}" for split in splits)
