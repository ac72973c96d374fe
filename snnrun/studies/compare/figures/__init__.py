"""Figures of a comparison."""

from pathlib import Path
from snnrun.studies.compare.comparison import Comparison


def draw_all(whole: Comparison, folder: Path) -> list[Path]:
    return []
