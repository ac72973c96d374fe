"""Histograms of weights, before and after training, and of spike times."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.names import as_configured, in_order, tensor_titles
from snnrun.plots.panels import (
    layer_names,
    legend_below,
    letter,
    percent,
    row_of_panels,
    some_samples,
)
from snnrun.plots.style import ACCENT, INK, LIGHT, TIME

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_BARS = 60  # of a histogram of spike times, about
_FLAT = 5  # times as high as another, from which a histogram flattens it


def draw_weights(evaluation: "Evaluation") -> Figure:
    """Return one panel for each array of weights, with the initial ones where they were saved."""
    initial = evaluation.initial_weights
    names = as_configured(evaluation.experiment, in_order(_shown(evaluation.weights)))
    figure, panels = row_of_panels(len(names))
    titles = tensor_titles(evaluation.experiment, names)
    for axes, name, title in zip(panels, names, titles, strict=True):
        shape, values = evaluation.weights[name].shape, _there(evaluation.weights, name)
        before = _there(initial, name) if name in initial else values[:0]
        edges = np.histogram_bin_edges(np.append(values, before), bins=50)
        filled(axes, values, edges, f"epoch {evaluation.epoch}", color=ACCENT, alpha=0.6)
        if before.size:
            axes.stairs(*np.histogram(before, edges), color=INK, lw=0.7, label="initial")
        count_axis(axes)
        axes.set_title(f"{title} ({' × '.join(map(str, shape))})")
        axes.set_xlabel("weight")
        axes.xaxis.set_major_locator(MaxNLocator(4))  # small ones have many digits
        axes.set_ylabel("synapses")
    handles, _ = panels[0].get_legend_handles_labels()  # of few weights, bars are everywhere
    legend_below(figure, handles)
    letter(panels)
    return figure


def _there(weights: dict[str, Floats], name: str) -> Floats:
    """Return the weights of a name, flat; where a mask lies beside them, those that it leaves."""
    mask = weights.get(f"{name.rpartition('.')[0]}.mask")
    return weights[name].ravel() if mask is None else weights[name][mask.astype(bool)]


def _shown(weights: dict[str, Floats]) -> list[str]:
    """Return the names of weights; of a network that has none of that name, of all numbers.

    A weight that many synapses share is no histogram.
    """
    own = [name for name in weights if name.rpartition(".")[2] in ("weights", "weight")]
    own = [name for name in own if weights[name].size > 1] or own
    return own or [name for name, values in weights.items() if values.dtype.kind == "f"]


def draw_times(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer; label spikes split into the true class and the others."""
    hidden, outputs = evaluation.of("time_histograms"), evaluation.of("output_times")
    number = len({name.partition("/")[0] for name in hidden}) + 1
    figure, panels = row_of_panels(number)
    for index, (axes, name) in enumerate(zip(panels, layer_names(number), strict=True)):
        axes.set_title(name)
        if index < number - 1:
            prefix = f"layer_{index}/"
            _counted(axes, *(hidden[prefix + of] for of in ("counts", "start", "width", "silent")))
    times = outputs["times"]
    true = np.eye(times.shape[1], dtype=bool)[outputs["labels"]]
    groups = {"other classes": times[~true], "true class": times[true]}
    groups = {name: each for name, each in groups.items() if each.size}
    _histogram(panels[-1], groups, {"other classes": LIGHT, "true class": ACCENT})
    if len(times) < evaluation.samples:
        shown = some_samples(len(times), evaluation.samples)
        panels[-1].set_title(f"{panels[-1].get_title()}, {shown}")
    letter(panels)
    return figure


def filled(axes: Axes, values: Floats, edges: Floats, label: str, **style: Any) -> None:
    """Draw a histogram as one filled shape, which is quicker than a bar for each bin."""
    axes.stairs(*np.histogram(values, edges), fill=True, label=label, **style)


def count_axis(axes: Axes) -> None:
    """Label the y axis with whole numbers; logarithmic if one histogram would flatten another."""
    highest = [float(patch.get_data()[0].max(initial=0)) for patch in _stairs(axes)]
    if min(highest) * _FLAT < max(highest):
        axes.set_yscale("log")
        axes.set_ylim(0.7, 2 * max(highest))
    else:
        axes.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def _stairs(axes: Axes) -> list[StepPatch]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch)]


def _counted(
    axes: Axes, counts: NDArray[np.int64], start: Floats, width: Floats, silent: NDArray[np.int64]
) -> None:
    """Draw fine bins, several of them as one; the legend says how many never spiked."""
    together = max(1, -(-len(counts) // _BARS))
    padded = np.pad(counts, (0, -len(counts) % together)).reshape(-1, together).sum(axis=1)
    edges = start + together * width * np.arange(len(padded) + 1)
    share = percent(float(silent / max(silent + counts.sum(), 1)))
    label = f"{share} silent"
    axes.stairs(_percent(padded), edges, fill=True, label=label, color=ACCENT, alpha=0.6)
    _frame(axes)


def _percent(counts: NDArray[np.int64]) -> Floats:
    """Return the share of each bin in percent, so that groups of any size compare."""
    shares: Floats = 100 * counts / max(1, counts.sum())
    return shares


def _histogram(axes: Axes, groups: dict[str, Floats], colours: dict[str, str]) -> None:
    """Draw the histograms on common bins; the legend says how many never spiked."""
    edges = np.histogram_bin_edges(
        np.concatenate([times[np.isfinite(times)] for times in groups.values()]), bins=_BARS
    )
    for name, times in groups.items():
        colour = colours[name]
        spiked = times[np.isfinite(times)]
        silent = f"{percent(1 - spiked.size / max(times.size, 1))} silent"
        alpha = 0.6 if colour == ACCENT else 1
        label, shares = f"{name}, {silent}", _percent(np.histogram(spiked, edges)[0])
        axes.stairs(shares, edges, fill=True, label=label, color=colour, alpha=alpha)
    _frame(axes)


def _frame(axes: Axes) -> None:
    axes.set_xlabel(f"spike time {TIME}")
    axes.set_ylabel("spikes (%)")
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])  # room for the legend
    axes.legend(loc="upper right")
