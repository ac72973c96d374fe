"""Delays of spikes: their mean and range over the epochs, and all of them in the end.

Every stage that delays spikes has a pair of panels on a common axis of delays: what training logged
at the end of each epoch, and the histogram of the trained delays with the initial ones. Of a run
that logged nothing, there are the histograms. Delays are
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

from snnrun.plots.panels import epoch_axis, layer_names, legend_below, letter, row_of_panels
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
    """Return a pair of panels for each stage of delays, at most two pairs beside each other.

    Of a run that logged none, such as one that was shared, the histograms alone.
    """
    found = stages(evaluation)
    if not found:
        return None
    if not any(_logged(stage, evaluation.run)["mean"][0] for stage in found):
        return _histograms(found, evaluation.epoch)
    columns = min(len(found), 2)
    rows = -(-len(found) // columns)
    figure = new_figure(PAGE if columns == 2 else COLUMN, 56 * rows)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[3, 1] * columns)
    pairs = grid.reshape(-1, 2)
    for (left, right), stage in zip(pairs, found, strict=False):
        right.sharey(left)
        _histogram(right, stage, evaluation.epoch, lying=True)
        right.tick_params(labelleft=False)
        _curves(left, stage, evaluation.run)
        left.set_title(stage.title)
    for axes in pairs[len(found) :].ravel():
        axes.set_axis_off()
    _legend(figure, *pairs[0])
    letter(pairs[: len(found), 0])
    return figure


def _histograms(found: list[Stage], epoch: int) -> Figure:
    figure, panels = row_of_panels(len(found), 50)
    for axes, stage in zip(panels, found, strict=True):
        _histogram(axes, stage, epoch)
        axes.set_title(stage.title)
        axes.set_xlabel(f"delay {TIME}")
    _legend(figure, panels[0])
    letter(panels)
    return figure


def _legend(figure: Figure, *panels: Axes) -> None:
    handles = [each for axes in panels for each in axes.get_legend_handles_labels()[0]]
    legend_below(figure, handles)


def _logged(stage: Stage, run: RunDir) -> dict[str, tuple[list[int], list[float]]]:
    """Return epochs and values of what was logged of the delays."""
    return {of: run.curve("train", f"delays/{stage.name}/{of}") for of in ("mean", "min", "max")}


def _curves(axes: Axes, stage: Stage, run: RunDir) -> None:
    """Draw what was logged."""
    logged = _logged(stage, run)
    epochs, means = logged["mean"]
    low, high = logged["min"][1], logged["max"][1]
    few = len(epochs) < 3
    axes.fill_between(
        epochs,
        low,
        high,
        color=ACCENT,
        alpha=0.25,
        lw=2 if len(epochs) == 1 else 0,
        label="smallest to largest",
    )
    axes.plot(epochs, means, "." * few + "-", color=ACCENT, label="mean", clip_on=not few)
    axes.set_xlim(0, max([1, *epochs]))
    epoch_axis(axes)
    axes.set_ylabel(f"delay {TIME}")


def _histogram(axes: Axes, stage: Stage, epoch: int, lying: bool = False) -> None:
    """Count the delays; lying, along the axis of the panel to the left."""
    style: dict[str, Any] = {"orientation": "horizontal" if lying else "vertical"}
    name = f"epoch {epoch}"
    axes.stairs(stage.now, stage.edges, fill=True, color=ACCENT, alpha=0.6, label=name, **style)
    if stage.initial.size:
        axes.stairs(stage.initial, stage.edges, color=INK, lw=0.7, label="initial", **style)
    counts = axes.xaxis if lying else axes.yaxis
    counts.set_major_locator(MaxNLocator(2 if lying else 5, integer=True))
    counts.set_label_text("number")
