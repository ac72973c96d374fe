"""The picture of a run under way: error so far, drawn in a fraction of a second.

Where samples have no classes, it is the loss.
"""

from array import array
from collections.abc import Iterable
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.plots.panels import log_scale
from snnrun.plots.style import ACCENT, GREY, paper
from snnrun.runs.files import write_atomic
from snnrun.runs.folder import Metric

_COLOURS = {"train": GREY, "validation": ACCENT}
_NAMES = ("accuracy", "loss")


class Curves:
    """What the picture shows of all that is logged, in sixteen bytes for each number.

    Args:
        rows: what was logged before.
    """

    def __init__(self, rows: Iterable[Metric] = ()) -> None:
        self._each = {
            (split, name): (array("q"), array("d")) for split in _COLOURS for name in _NAMES
        }
        self.add(rows)

    def add(self, rows: Iterable[Metric]) -> None:
        """Add what is logged; an epoch that is there takes the place of those from it on."""
        for row in rows:
            if (row["split"], row["name"]) in self._each:
                epochs, values = self._each[row["split"], row["name"]]
                while epochs and epochs[-1] >= row["epoch"]:
                    del epochs[-1], values[-1]
                epochs.append(row["epoch"])
                values.append(row["value"])

    def of(self, split: str, name: str) -> tuple[list[int], list[float]]:
        """Return epochs and values."""
        epochs, values = self._each[split, name]
        return list(epochs), list(values)

    def __len__(self) -> int:
        return sum(len(epochs) for epochs, _ in self._each.values())


def figure_of(curves: Curves) -> Figure:
    """Return error, or loss, over the epochs of both splits on a logarithmic scale."""
    classes = not curves or any(curves.of(split, "accuracy")[0] for split in _COLOURS)
    figure = Figure(figsize=(4.2, 2.8), dpi=120)
    axes = figure.add_axes((0.13, 0.14, 0.84, 0.76))
    for split, colour in _COLOURS.items():
        epochs, logged = curves.of(split, "accuracy" if classes else "loss")
        values = [100 * (1 - value) for value in logged] if classes else logged
        last = f"{100 - values[-1]:.2f} % right" if classes and values else ""
        label = f"{split}: {last}" if last else split
        axes.plot(epochs, values, color=colour, label=label, marker="." if len(values) < 20 else "")
    log_scale(axes)
    axes.set_xlabel("epoch")
    axes.set_ylabel("error (%)" if classes else "loss")
    axes.legend()
    return figure


def draw_live(curves: Curves, path: Path) -> None:
    """Draw what was logged so far into ``path``, a PNG that is replaced in one step."""
    with paper():
        figure = figure_of(curves)
        write_atomic(
            path, lambda whole: figure.savefig(whole, format="png", dpi=120), durable=False
        )
