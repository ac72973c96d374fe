"""The picture of a run under way: accuracy so far, drawn in a fraction of a second."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.plots.panels import log_scale
from snnrun.plots.style import ACCENT, GREY, paper
from snnrun.runs.files import write_atomic
from snnrun.runs.folder import Metric

_COLOURS = {"train": GREY, "validation": ACCENT}


def figure_of(rows: Sequence[Metric]) -> Figure:
    """Return the error over the epochs of both splits on a logarithmic scale."""
    figure = Figure(figsize=(4.2, 2.8), dpi=120)
    axes = figure.add_axes((0.13, 0.14, 0.84, 0.76))
    for split, colour in _COLOURS.items():
        chosen = [row for row in rows if row["split"] == split and row["name"] == "accuracy"]
        epochs = [row["epoch"] for row in chosen]
        error = [100 * (1 - row["value"]) for row in chosen]
        last = f"{split}: {100 - error[-1]:.2f} % right" if error else split
        axes.plot(epochs, error, color=colour, label=last, marker="." if len(error) < 20 else "")
    log_scale(axes)
    axes.set_xlabel("epoch")
    axes.set_ylabel("error (%)")
    axes.legend()
    return figure


def draw_live(rows: Sequence[Metric], path: Path) -> None:
    """Draw the accuracy logged so far into ``path``, a PNG that is replaced in one step."""
    with paper():
        figure = figure_of(rows)
        write_atomic(
            path, lambda whole: figure.savefig(whole, format="png", dpi=120), durable=False
        )
