"""The picture of a run under way: error so far, drawn in a fraction of a second.

Where samples have no classes, it is the loss.
"""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.plots.panels import log_scale
from snnrun.plots.style import ACCENT, GREY, paper
from snnrun.runs.files import write_atomic
from snnrun.runs.folder import Metric

_COLOURS = {"train": GREY, "validation": ACCENT}


def figure_of(rows: Sequence[Metric]) -> Figure:
    """Return error, or loss, over the epochs of both splits on a logarithmic scale."""
    classes = not rows or any(row["name"] == "accuracy" for row in rows)
    figure = Figure(figsize=(4.2, 2.8), dpi=120)
    axes = figure.add_axes((0.13, 0.14, 0.84, 0.76))
    for split, colour in _COLOURS.items():
        name = "accuracy" if classes else "loss"
        chosen = [row for row in rows if row["split"] == split and row["name"] == name]
        values = [100 * (1 - row["value"]) if classes else row["value"] for row in chosen]
        last = f"{100 - values[-1]:.2f} % right" if classes and values else ""
        label = f"{split}: {last}" if last else split
        epochs = [row["epoch"] for row in chosen]
        axes.plot(epochs, values, color=colour, label=label, marker="." if len(values) < 20 else "")
    log_scale(axes)
    axes.set_xlabel("epoch")
    axes.set_ylabel("error (%)" if classes else "loss")
    axes.legend()
    return figure


def draw_live(rows: Sequence[Metric], path: Path) -> None:
    """Draw what was logged so far into ``path``, a PNG that is replaced in one step."""
    with paper():
        figure = figure_of(rows)
        write_atomic(
            path, lambda whole: figure.savefig(whole, format="png", dpi=120), durable=False
        )
