"""Histograms of weights, before and after training, and of spike times."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.models.sbs.net import SbsNet
from snnrun.plots.panels import layer_names, letter, percent, row_of_panels
from snnrun.plots.sbs.names import names_of
from snnrun.plots.style import ACCENT, INK, LIGHT, TIME

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]


def draw_weights(evaluation: "Evaluation") -> Figure:
    """Return one panel for each array of weights, with the initial ones where they were saved."""
    initial = evaluation.initial_weights or {}
    others = (".before.", ".epsilon_xy")  # drawn by figures of their own
    shown = [name for name in evaluation.weights if not any(part in name for part in others)]
    figure, panels = row_of_panels(len(shown))
    names = sorted(shown, key=_from_input_on)
    for axes, name, title in zip(panels, names, _titles(evaluation, names), strict=True):
        values = evaluation.weights[name]
        before = initial.get(name, values[:0])
        edges = np.histogram_bin_edges(np.append(values, before), bins=50)
        filled(axes, values, edges, f"epoch {evaluation.epoch}", color=ACCENT, alpha=0.6)
        if before.size:
            axes.stairs(*np.histogram(before, edges), color=INK, lw=0.7, label="initial")
        axes.set_title(f"{title} ({' × '.join(map(str, values.shape))})")
        axes.set_xlabel("weight")
        axes.set_ylabel("synapses")
    panels[0].legend()
    letter(panels)
    return figure


def _from_input_on(name: str) -> tuple[bool, list[int]]:
    """Sort by the number of the layer; a readout, called labels.weights, stands behind them."""
    return name.startswith("labels."), [int(part) for part in name.split(".") if part.isdecimal()]


def _titles(evaluation: "Evaluation", names: list[str]) -> list[str]:
    """Return what the layers with these weights are called in all figures."""
    if isinstance(evaluation.model, SbsNet):
        every = names_of(evaluation.model)
        return [every[int(name.split(".")[1])] for name in names]
    return layer_names(len(names), "readout" if names[-1].startswith("labels.") else "label layer")


def draw_times(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer; label spikes split into the true class and the others."""
    figure, panels = row_of_panels(len(evaluation.times))
    *hidden, labels = evaluation.times
    for axes, times in zip(panels, hidden, strict=False):
        _histogram(axes, {"": times}, [ACCENT])
    true = np.eye(labels.shape[1], dtype=bool)[evaluation.labels]
    groups = {"other classes": labels[~true], "true class": labels[true]}
    _histogram(panels[-1], groups, [LIGHT, ACCENT])
    for axes, name in zip(panels, layer_names(len(panels)), strict=True):
        axes.set_title(name)
    letter(panels)
    return figure


def filled(axes: Axes, values: Floats, edges: Floats, label: str, **style: Any) -> None:
    """Draw a histogram as one filled shape, which is quicker than a bar for each bin."""
    axes.stairs(*np.histogram(values, edges), fill=True, label=label, **style)


def _histogram(axes: Axes, groups: dict[str, Floats], colours: list[str]) -> None:
    """Draw the histograms on common bins; the legend says how many never spiked."""
    edges = np.histogram_bin_edges(
        np.concatenate([times[np.isfinite(times)] for times in groups.values()]), bins=60
    )
    for (name, times), colour in zip(groups.items(), colours, strict=True):
        spiked = times[np.isfinite(times)]
        silent = f"{percent(1 - spiked.size / max(times.size, 1))} silent"
        label = f"{name}, {silent}" if name else silent
        filled(axes, spiked, edges, label, color=colour, alpha=0.6 if colour == ACCENT else 1)
    axes.set_xlabel(f"spike time {TIME}")
    axes.set_ylabel("spikes")
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])  # room for the legend
    axes.legend(loc="upper right")
