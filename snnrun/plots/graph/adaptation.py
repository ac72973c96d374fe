"""How often neurons spiked while a graph learned, how thresholds grew, what votes made of it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.curves import COLOURS
from snnrun.plots.histograms import filled
from snnrun.plots.panels import epoch_axis, letter, row_of_panels
from snnrun.plots.style import ACCENT, GREY, INK, layer_shades

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_OF_CELLS = -20  # mV, below which membranes of nerve cells rest


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return spikes a sample, thresholds, their spread at the end, and the accuracy of all votes.

    Each over the epochs; thresholds only where a group adapts. None where no epoch was logged.
    """
    run = evaluation.run
    logged = {(row["split"], row["name"]) for row in run.logged() if row["split"] in COLOURS}
    spiking = sorted(name for split, name in logged if name.startswith("spikes/"))
    theta = sorted(name for split, name in logged if name.startswith("theta/"))
    if not spiking:
        return None
    panels = 2 + 2 * bool(theta)
    figure, axes = row_of_panels(panels, columns=2)
    for name in dict.fromkeys(spiking):
        for split, colour in COLOURS.items():
            if (split, name) in logged:
                _line(axes[0], *run.curve(split, name), colour, split)
    axes[0].set_ylabel("spikes of a sample")
    for name, colour in zip(theta, layer_shades(len(theta)), strict=True):
        _line(axes[1], *run.curve("train", name), colour, name.partition("/")[2])
        values = evaluation.weights[f"network.groups.{name.partition('/')[2]}.theta"].ravel()
        edges = np.histogram_bin_edges(values, bins=40)
        filled(axes[2], values, edges, name.partition("/")[2], color=colour, alpha=0.6)
    if theta:
        groups = [name.partition("/")[2] for name in theta]
        unit = _unit(evaluation.experiment.model.model_dump()["neurons"], groups)
        axes[1].set_ylabel(f"mean of what was added\nto the threshold{unit}")
        axes[2].set_xlabel(f"added to the threshold{unit}, epoch {evaluation.epoch}")
        axes[2].set_ylabel("neurons")
    _draw_votes(axes[-1], evaluation)
    for each in (*axes[: 1 + bool(theta)], axes[-1]):
        epoch_axis(each)
        each.set_ylim(0, None)
        each.legend(loc="best")
    letter(axes)
    return figure


def _unit(neurons: dict[str, Any], groups: list[str]) -> str:
    """Return the unit of the potentials of these groups: mV where membranes rest far below 0, as
    those of nerve cells do; none where a config counts in units of its own.

    Example:
        >>> _unit({"E": {"rest": -65.0}, "A": {"rest": 0.0}}, ["E"])
        ' (mV)'
    """
    rests = np.concatenate([np.ravel(neurons[name]["rest"]) for name in groups])
    return " (mV)" if (rests < _OF_CELLS).all() else ""


def _draw_votes(axes: Axes, evaluation: "Evaluation") -> None:
    """Draw the error of each vote on the validation split."""
    chosen: str = evaluation.experiment.learning.model_dump()["vote"]
    logged = {row["name"] for row in evaluation.run.logged() if row["split"] == "validation"}
    others = sorted(name for name in logged if name.startswith("accuracy_"))
    names = [chosen, *(name.removeprefix("accuracy_") for name in others)]
    for name, colour, marker in zip(names, (ACCENT, INK, GREY, "#0b3330"), "os^D", strict=False):
        key = "accuracy" if name == chosen else f"accuracy_{name}"
        epochs, values = evaluation.run.curve("validation", key)
        if values:
            error = [100 * (1 - each) for each in values]
            style: dict[str, Any] = {
                "marker": marker,
                "ms": 3,
                "ls": "-" if name == chosen else "--",
            }
            axes.plot(epochs, error, color=colour, label=name, clip_on=False, **style)
    axes.set_ylabel("error of each vote (%)")


def _line(axes: Axes, epochs: list[int], values: list[float], colour: str, label: str) -> None:
    axes.plot(epochs, values, color=colour, marker=".", label=label, clip_on=False)
