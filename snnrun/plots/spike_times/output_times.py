"""Label spike times of every sample: does the neuron of the true class stand apart?"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.panels import FEW, highlight, legend_below, letter, neuron_legend, some_samples
from snnrun.plots.style import ACCENT, GREY, LIGHT, PAGE, TIME, class_colours, new_figure, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
Order = Callable[[Floats, Labels, int], Floats]
#: Of many label neurons, those that are shown, and their colours.
_ROLES = {
    "true neuron": ACCENT,
    "earliest other neuron": GREY,
    "earliest other neuron, an error": "#bd1f01",
}
_MOST = 500  # samples of a class with dots; more could not be told apart


def sorted_by_true(times: Floats, labels: Labels, of_class: int) -> Floats:
    """Return the samples of a class ``[samples, neurons]``, ordered by its own neuron's time.

    Example:
        >>> sorted_by_true(np.array([[2.0, 1.0], [0.5, 3.0], [9.0, 9.0]]), np.array([0, 0, 1]), 0)
        array([[0.5, 3. ],
               [2. , 1. ]])
    """
    chosen = times[labels == of_class]
    order = np.argsort(chosen[:, of_class], kind="stable")
    return np.take(chosen, order, axis=0)


def sorted_by_earliest(times: Floats, labels: Labels, of_class: int) -> Floats:
    """Return the samples of a class ``[samples, neurons]``, ordered by their earliest time.

    Example:
        >>> sorted_by_earliest(np.array([[2.0, 0.4], [0.5, 3.0]]), np.array([0, 0]), 0)
        array([[2. , 0.4],
               [0.5, 3. ]])
    """
    chosen = times[labels == of_class]
    return np.take(chosen, np.argsort(chosen.min(axis=1), kind="stable"), axis=0)


def draw(evaluation: "Evaluation") -> Figure:
    """Return one panel for each true class: dots are samples, dashes the mean of a neuron."""
    return _draw(evaluation, sorted_by_true, "true neuron")


def draw_earliest(evaluation: "Evaluation") -> Figure:
    """Return the same panels with the samples in the order of their decisions, right or wrong."""
    return _draw(evaluation, sorted_by_earliest, "earliest spike")


def _draw(evaluation: "Evaluation", ordered: Order, by: str) -> Figure:
    names, found = evaluation.classes, evaluation.of("output_times")
    times, labels = found["times"], found["labels"]
    columns = min(len(names), 5)
    rows = -(-len(names) // columns)
    figure = new_figure(PAGE, 60 * rows)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    silent = _scale(panels[0, 0], _shown(times, labels))
    for index, axes in enumerate(panels.flat):
        if index >= len(names):
            axes.set_axis_off()
            continue
        _panel(axes, ordered(times, labels, index), index, silent)
        axes.set_title(f"true class: {names[index]}")
    for axes in panels[:, 0]:
        axes.set_ylabel(f"spike time {TIME}")
    below = list(panels[-1]) if columns <= 3 else [panels[-1, columns // 2]]
    for axes in below:
        axes.set_xlabel(f"sample, sorted by {by}")
    mean = Line2D([], [], ls="--", lw=0.7, color=GREY, label="mean over samples")
    if len(names) <= FEW:
        neuron_legend(figure, names, mean, marker="o", ls="", ms=3)
    else:
        mean.set_color(ACCENT)
        handles = [
            Line2D([], [], marker="o", ls="", ms=3, color=colour, label=label)
            for label, colour in _ROLES.items()
        ]
        legend_below(figure, [*handles, mean], columns=4)
    letter(panels.flat[: len(names)])
    if len(labels) < evaluation.samples:
        figure.suptitle(some_samples(len(labels), evaluation.samples), fontsize=points(7))
    return figure


def _shown(times: Floats, labels: Labels) -> Floats:
    """Return the times that are shown; of many neurons, of the true and the earliest other."""
    if times.shape[1] <= FEW:
        return times
    own = np.eye(times.shape[1], dtype=bool)[labels]
    return np.concatenate([times[own], np.where(own, np.inf, times).min(axis=1)])


def _scale(axes: Axes, times: Floats) -> float | None:
    """Fit the axis to the spikes; return the height of the row "none" if some never came."""
    spiked = times[np.isfinite(times)]
    low, high = (float(spiked.min()), float(spiked.max())) if spiked.size else (0.0, 1.0)
    margin = 0.04 * max(high - low, 0.1)
    axes.set_ylim(low - margin, high + margin)
    if spiked.size == times.size:
        return None
    ticks = [tick for tick in axes.get_yticks() if low - margin <= tick <= high]
    silent = high + 2.5 * margin
    names = axes.yaxis.get_major_formatter().format_ticks(ticks)
    axes.set_yticks([*ticks, silent], [*names, "none"])
    axes.set_ylim(low - margin, silent + 1.5 * margin)
    return silent


def _panel(axes: Axes, times: Floats, true: int, silent: float | None) -> None:
    """Dot all times, the earliest of each sample on top; spikes that never came lie on a row above.

    Of many samples, every n-th has dots; of many neurons, the true one and the earliest other, and
    only the true one gets a line at its mean, which is over all samples. Many dots are one image.
    """
    samples, neurons = times.shape
    if not samples:
        return
    shown = np.arange(0, samples, -(-samples // _MOST))
    if len(shown) > 300:
        axes.set_rasterization_zorder(1)
    if silent is not None:
        axes.axhline(silent, color=LIGHT, lw=0.4, zorder=0)
        times = np.where(np.isfinite(times), times, silent)
    size = float(np.clip(1000 / samples, 4, 60))
    dots = times[shown]
    if neurons > FEW:
        _rivals(axes, shown, dots, true, size)
    else:
        colours = np.array([to_rgb(colour) for colour in class_colours(neurons)])
        every = np.tile(colours, (len(shown), 1))
        _dots(axes, np.repeat(shown, neurons), dots.ravel(), every, 0.8, size)
        _dots(axes, shown, dots.min(axis=1), colours[dots.argmin(axis=1)], 0.9, size)
    for neuron, colour in enumerate(highlight(neurons, true)):
        spiked = times[times[:, neuron] != silent, neuron]
        if spiked.size and (neuron == true or neurons <= FEW):
            axes.axhline(float(spiked.mean()), color=colour, lw=0.7, ls="--")
    axes.set_xlim(-0.5, samples - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=1))


def _rivals(
    axes: Axes, shown: NDArray[np.integer[Any]], dots: Floats, true: int, size: float
) -> None:
    """Dot the true neuron, and the earliest of the others, in another colour where it is first."""
    own, others = dots[:, true], np.delete(dots, true, axis=1).min(axis=1)
    kinds = np.array([to_rgb(colour) for colour in _ROLES.values()])
    _dots(axes, shown, own, np.tile(kinds[0], (len(shown), 1)), 0.8, size)
    _dots(axes, shown, others, kinds[1 + (others < own)], 0.9, np.where(others < own, 4, 1) * size)


def _dots(
    axes: Axes,
    places: NDArray[np.integer[Any]],
    times: Floats,
    colours: Floats,
    above: float,
    size: float | Floats,
) -> None:
    """Draw dots in no order, lest the last neuron cover all others."""
    order = np.random.default_rng(0).permutation(len(times))
    sizes = np.broadcast_to(size, times.shape)[order]
    style: dict[str, Any] = {"s": sizes, "marker": ".", "lw": 0, "zorder": above}
    axes.scatter(places[order], times[order], c=colours[order], **style)
