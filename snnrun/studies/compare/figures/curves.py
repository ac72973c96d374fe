"""The number that is compared over the epochs, of the validation: mean and spread over seeds."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.errors import DataError
from snnrun.plots.curves import Curve, error_percent, over_runs
from snnrun.plots.panels import epoch_axis, log_scale
from snnrun.plots.style import new_figure
from snnrun.runs.folder import RunDir
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group


def draw(whole: "Comparison") -> Figure | None:
    """Return a line for each group, with a band of one standard deviation; of many, the best.

    Of an accuracy, the error is drawn, so that what is nearly right can be told apart. None where
    no run logged such a number of the validation.
    """
    metric, colours = whole.metrics[0], colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    figure = new_figure(120, 65)
    axes, shown = figure.subplots(), best_groups(whole, metric)
    last = 0.0
    for place in shown:
        curve = _curve(whole.groups[place], metric)
        if curve is None or len(curve.epochs) < 2:
            continue
        last = max(last, curve.epochs[-1])
        axes.plot(curve.epochs, curve.centre, color=colours[place], label=words[place])
        ends = curve.low, curve.high
        axes.fill_between(curve.epochs, *ends, color=colours[place], alpha=0.2, lw=0)
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
    axes.set_title(f"validation: mean ± standard deviation{some}")
    if len(whole.groups) > 1:
        figure.legend(title=title, loc="outside right upper")
    return figure


def _curve(group: "Group", metric: str) -> Curve | None:
    """Return the curve of a group, over the epochs that all its runs logged."""
    try:
        curve = over_runs([RunDir(run.path) for run in group.runs], "validation", metric)
    except DataError:  # one of them logged none
        return None
    return error_percent(curve) if in_percent(metric) else curve
