"""Delays of spikes: their mean and range over the epochs, and all of them in the end.

Every stage that delays spikes has a pair of panels on a common axis of delays: what training logged
at the end of each epoch, and the histogram of the trained delays with the initial ones. Delays are
shown as they act, not as the raw parameters behind them. Göltz et al., DelGrad, Nature
Communications 16 (2025).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, letter
from snnrun.plots.style import ACCENT, COLUMN, INK, PAGE, TIME, new_figure
from snnrun.runs.folder import RunDir

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """One stage of delays; those that several synapses share are there once.

    name: as in checkpoints and metrics, ``layers.0.before.0``.
    edges: ``[bins + 1]`` of bins, tau_syn.
    now, initial: ``[bins]``, delays in each; ``initial`` is empty where it was not saved.
    """

    name: str
    title: str
    edges: Floats
    now: Counts
    initial: Counts


def stages(evaluation: "Evaluation") -> list[Stage]:
    """Return the stages that delay spikes, front to back; none in a network without delays."""
    settings: Any = evaluation.experiment.model
    counted, found = evaluation.of("delays"), []
    titles = layer_names(len(settings.layers))
    for name in dict.fromkeys(name.partition("/")[0] for name in counted):
        edges, now, initial = (counted[f"{name}/{of}"] for of in ("edges", "now", "initial"))
        _, layer, _, place = name.split(".")
        kind = settings.layers[int(layer)].before[int(place)].kind
        title = f"before the {titles[int(layer)]}:\n{now.sum():,} {kind} delays"
        found.append(Stage(name, title, edges, now, initial))
    return found


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a pair of panels for each stage of delays, at most two pairs beside each other."""
    found = stages(evaluation)
    if not found:
        return None
    columns = min(len(found), 2)
    rows = -(-len(found) // columns)
    figure = new_figure(PAGE if columns == 2 else COLUMN, 56 * rows)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[3, 1] * columns)
    pairs = grid.reshape(-1, 2)
    for (left, right), stage in zip(pairs, found, strict=False):
        right.sharey(left)
        _histogram(right, stage, evaluation.epoch)
        _curves(left, stage, evaluation.run)
    for axes in pairs[len(found) :].ravel():
        axes.set_axis_off()
    handles = [*pairs[0, 0].get_legend_handles_labels()[0]]
    handles += pairs[0, 1].get_legend_handles_labels()[0]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    letter(pairs[: len(found), 0])
    return figure


def _curves(axes: Axes, stage: Stage, run: RunDir) -> None:
    """Draw what was logged; a run from elsewhere may have logged nothing."""
    logged = {of: run.curve("train", f"delays/{stage.name}/{of}") for of in ("mean", "min", "max")}
    epochs, means = logged["mean"]
    low, high = logged["min"][1], logged["max"][1]
    axes.fill_between(
        epochs, low, high, color=ACCENT, alpha=0.25, lw=0, label="smallest to largest"
    )
    axes.plot(epochs, means, color=ACCENT, label="mean")
    if not epochs:
        axes.text(0.5, 0.5, "not logged", ha="center", va="center", transform=axes.transAxes)
    axes.set_title(stage.title)
    axes.set_xlim(0, max([1, *epochs]))
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"delay {TIME}")


def _histogram(axes: Axes, stage: Stage, epoch: int) -> None:
    """Count the delays along the axis of the panel to the left."""
    style: dict[str, Any] = {"orientation": "horizontal"}
    name = f"epoch {epoch}"
    axes.stairs(stage.now, stage.edges, fill=True, color=ACCENT, alpha=0.6, label=name, **style)
    if stage.initial.size:
        axes.stairs(stage.initial, stage.edges, color=INK, lw=0.7, label="initial", **style)
    axes.xaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.tick_params(labelleft=False)
    axes.set_xlabel("number")
