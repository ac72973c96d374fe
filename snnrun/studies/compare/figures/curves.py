"""The number that is compared over the epochs, of the validation: its spread over seeds."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.plots.curves_of_runs import LEAST, quartiles
from snnrun.plots.panels import epoch_axis, log_scale
from snnrun.plots.style import new_figure
from snnrun.runs.folder import RunDir
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of, told_of
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

Floats = NDArray[np.float64]


def draw(whole: "Comparison") -> Figure | None:
    """Return a line for each group, with a band; of many, the best.

    Where all groups have five runs and more, the median and the quartiles, else the mean and one
    standard deviation. Of an accuracy, the error is drawn, so that what is nearly right can be told
    apart. None where no run logged such a number of the validation.
    """
    metric, colours = whole.metrics[0], colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    figure = new_figure(120, 65)
    axes, shown = figure.subplots(), best_groups(whole, metric)
    many = min((len(whole.groups[place].runs) for place in shown), default=0) >= LEAST
    last = 0.0
    for place in shown:
        found = _band(whole.groups[place], metric, many)
        if found is None or len(found.epochs) < 2:
            continue
        last = max(last, found.epochs[-1])
        axes.plot(found.epochs, found.middle, color=colours[place], label=words[place])
        axes.fill_between(
            found.epochs, found.low, found.high, color=colours[place], alpha=0.2, lw=0
        )
    if not last:
        return None
    error = in_percent(metric)
    log_scale(axes)
    axes.set_ylabel(f"{metric.replace('accuracy', 'error')} (%)" if error else metric)
    axes.set_xlim(0, last)
    epoch_axis(axes)
    some = (
        f", the best {len(shown)} of {len(whole.groups)}" if len(shown) < len(whole.groups) else ""
    )
    told = told_of(whole, "median and quartiles" if many else "mean ± standard deviation")
    axes.set_title(f"validation: {told}{some}")
    if len(whole.groups) > 1:
        figure.legend(title=title, loc="outside right upper")
    return figure


class Band(NamedTuple):
    """Middle and ends of a number over the epochs that all runs of a group logged."""

    epochs: Floats
    low: Floats
    middle: Floats
    high: Floats


def _band(group: "Group", metric: str, many: bool) -> Band | None:
    try:
        found = quartiles([RunDir(run.path) for run in group.runs], "validation", metric)
    except DataError:  # one of them logged none
        return None
    if many:
        return Band(found.epochs, found.low, found.middle, found.high)
    middle = found.values.mean(axis=0)
    spread = found.values.std(axis=0, ddof=1) if len(group.runs) > 1 else np.zeros_like(middle)
    return Band(found.epochs, middle - spread, middle, middle + spread)
