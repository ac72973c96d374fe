"""Weights and delays jointly: a point for each synapse, before training and after.

Göltz et al., DelGrad, Nature Communications 16 (2025).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, legend_below, letter
from snnrun.plots.style import ACCENT, COLUMN, GREY, PAGE, TIME, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
Arrays = dict[str, Floats]
_BINS = 30


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a panel for each layer with delays, two beside each other, with histograms of both."""
    found = evaluation.of("synapses")
    names = list(dict.fromkeys(name.partition("/")[0] for name in found))
    if not names:
        return None
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    figure = new_figure(PAGE if columns == 2 else COLUMN, 72 * rows)
    grid = figure.subplots(
        2 * rows, 2 * columns, squeeze=False,
        width_ratios=[5, 1] * columns, height_ratios=[1, 5] * rows,
    )  # fmt: skip
    settings: Any = evaluation.experiment.model
    titles = layer_names(len(settings.layers))
    for place in range(rows * columns):
        row, column = 2 * (place // columns), 2 * (place % columns)
        above, corner, main, beside = grid[row : row + 2, column : column + 2].ravel()
        corner.set_axis_off()
        if place >= len(names):
            for axes in (above, main, beside):
                axes.set_axis_off()
            continue
        own = {name.partition("/")[2]: array for name, array in found.items()
               if name.startswith(f"{names[place]}/")}  # fmt: skip
        _panel(main, above, beside, own)
        above.set_title(_title(titles[int(names[place].rpartition(".")[2])], own))
    main = grid[1, 0]
    handles = main.get_legend_handles_labels()[0]
    legend = legend_below(figure, handles)
    for handle in filter(None, legend.legend_handles):
        handle.set_alpha(1.0)
    letter(grid[2 * (p // columns), 2 * (p % columns)] for p in range(len(names)))
    return figure


def _title(layer: str, own: Arrays) -> str:
    whole, shown = int(own["synapses"]), len(own["weights"])
    some = f"{whole:,}" if shown == whole else f"{shown:,} of {whole:,}"
    return f"{layer}: {some} synapses"


def _panel(main: Axes, above: Axes, beside: Axes, own: Arrays) -> None:
    above.sharex(main)
    beside.sharey(main)
    kinds = [("", "after training", ACCENT)]
    if own["weights_before"].size:
        kinds.insert(0, ("_before", "before training", GREY))
    weights, delays = (
        np.histogram_bin_edges(np.concatenate([own[f"{of}{kind}"] for kind, *_ in kinds]), _BINS)
        for of in ("weights", "delays")
    )
    highest = np.zeros(2)
    crowd = max(0.15, min(0.8, 300 / len(own["weights"])))
    for kind, label, colour in kinds:
        x, y = own[f"weights{kind}"], own[f"delays{kind}"]
        dots: dict[str, Any] = {"ms": 2.2, "mew": 0, "alpha": crowd, "rasterized": len(x) > 1000}
        main.plot(x, y, "o", color=colour, label=label, **dots)
        filled: dict[str, Any] = {"lw": 0.8} if kind else {"fill": True, "alpha": 0.6}
        counts = np.histogram(x, weights)[0], np.histogram(y, delays)[0]
        above.stairs(counts[0], weights, color=colour, **filled)
        beside.stairs(counts[1], delays, color=colour, orientation="horizontal", **filled)
        highest = np.maximum(highest, [each.max() for each in counts])
    main.axvline(0, color=GREY, lw=0.4, zorder=0)
    main.set_xlabel("weight")
    main.set_ylabel(f"delay {TIME}")
    above.set_ylim(0, 1.08 * highest[0])
    beside.set_xlim(0, 1.08 * highest[1])
    for axis in (above.yaxis, beside.xaxis):
        axis.set_major_locator(MaxNLocator(2, integer=True))
    above.tick_params(labelbottom=False)
    beside.tick_params(labelleft=False)
