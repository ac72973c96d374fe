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

from snnrun.plots.panels import letter, neuron_legend, some_samples
from snnrun.plots.style import GREY, LIGHT, PAGE, TIME, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
Order = Callable[[Floats, Labels, int], Floats]
_MANY = 5  # label neurons
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
    silent = _scale(panels[0, 0], times)
    for index, axes in enumerate(panels.flat):
        if index >= len(names):
            axes.set_axis_off()
            continue
        _panel(axes, ordered(times, labels, index), index, silent)
        axes.set_title(f"true class: {names[index]}")
    for axes in panels[:, 0]:
        axes.set_ylabel(f"spike time {TIME}")
    for axes in panels[-1]:
        axes.set_xlabel(f"sample, sorted by {by}" if columns <= 3 else "sample")
    mean = Line2D([], [], ls="--", lw=0.7, color=GREY, label="mean over samples")
    neuron_legend(figure, names, mean, marker="o", ls="", ms=3)
    letter(panels.flat[: len(names)])
    if len(labels) < evaluation.samples:
        figure.suptitle(some_samples(len(labels), evaluation.samples), fontsize=7)
    return figure


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

    Of many samples, every n-th has dots; of many neurons, only the true one gets a line at its
    mean, which is over all samples. Many dots are one image.
    """
    samples, neurons = times.shape
    shown = np.arange(0, samples, -(-samples // _MOST) or 1)
    if len(shown) > 300:
        axes.set_rasterization_zorder(1)
    if silent is not None:
        axes.axhline(silent, color=LIGHT, lw=0.4, zorder=0)
        times = np.where(np.isfinite(times), times, silent)
    colours = np.array([to_rgb(colour) for colour in class_colours(neurons)])
    dots, every = times[shown], np.tile(colours, (len(shown), 1))
    _dots(axes, np.repeat(shown, neurons), dots.ravel(), every, 0.8)
    _dots(axes, shown, dots.min(axis=1), colours[dots.argmin(axis=1)], 0.9)
    for neuron, colour in enumerate(colours):
        spiked = times[times[:, neuron] != silent, neuron]
        if spiked.size and (neuron == true or neurons <= _MANY):
            axes.axhline(float(spiked.mean()), color=colour, lw=0.7, ls="--")
    axes.set_xlim(-1, samples)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def _dots(
    axes: Axes, places: NDArray[np.integer[Any]], times: Floats, colours: Floats, above: float
) -> None:
    """Draw dots in no order, lest the last neuron cover all others."""
    order = np.random.default_rng(0).permutation(len(times))
    style: dict[str, Any] = {"s": 4, "marker": ".", "lw": 0, "zorder": above}
    axes.scatter(places[order], times[order], c=colours[order], **style)
