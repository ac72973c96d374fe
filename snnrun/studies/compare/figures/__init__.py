"""The figures of a comparison, each a PDF and a PNG."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.errors import DataError
from snnrun.plots.style import paper, save
from snnrun.studies.compare.figures import (
    against,
    cost,
    curves,
    maps,
    noise,
    parameters,
    points,
    robustness,
    spikes,
)

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison


def draw_all(whole: "Comparison", folder: Path) -> list[Path]:
    """Draw what there is to draw of a comparison, and return the files.

    Raises:
        DataError: the folder cannot be written, or there is nothing to draw.
    """
    files = []
    with paper():
        for name, figure in drawn(whole):
            files += save(figure, folder, name)
    if not files:
        raise DataError("there is nothing to draw of these runs: no curves, and no second group")
    return files


def drawn(whole: "Comparison") -> Iterator[tuple[str, Figure]]:
    """Yield the name of each figure, and the figure."""
    for name, figure in (
        ("curves", curves.draw(whole)),
        ("settings", against.draw(whole) or points.draw(whole)),
        ("map", maps.draw(whole)),
        ("cost", cost.draw(whole)),
        ("parameters", parameters.draw(whole)),
        ("noise", noise.draw(whole)),
        ("robustness", robustness.draw(whole)),
        ("spikes", spikes.draw(whole)),
    ):
        if figure is not None:
            yield name, figure
