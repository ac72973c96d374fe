"""How much noise of the input each group bears, where that was measured."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from snnrun.plots.style import new_figure
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of, told_of
from snnrun.studies.compare.numbers import NOISY, epoch_of, numbers_of

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

Curves = dict[float, list[float]]


def draw(whole: "Comparison") -> Figure | None:
    """Return the error against the strength of the noise, a line for each group.

    Mean and standard deviation over the seeds. None where nothing was measured.
    """
    colours = colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    shown = {
        place: curves
        for place in best_groups(whole, whole.metrics[0])
        if (curves := errors(whole.groups[place], whole))
    }
    if not shown:
        return None
    figure = new_figure(120, 65)
    axes = figure.subplots()
    for place, curves in shown.items():
        strengths = sorted(curves)
        means = np.array([np.mean(curves[each]) for each in strengths])
        spread = np.array([np.std(curves[each], ddof=min(1, len(curves[each]) - 1))
                           for each in strengths])  # fmt: skip
        axes.plot(strengths, means, "o-", ms=2.5, color=colours[place], label=words[place])
        axes.fill_between(
            strengths, means - spread, means + spread, color=colours[place], alpha=0.2, lw=0
        )
    axes.set_xlabel("standard deviation of the noise (values in 0 to 1)")
    axes.set_ylabel("error (%)")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 100)
    told = told_of(whole, "mean ± standard deviation")
    axes.set_title(f"{whole.split}, with noise in the input: {told}")
    if len(whole.groups) > 1:
        figure.legend(title=title, loc="outside right upper")
    return figure


def errors(group: "Group", whole: "Comparison") -> Curves:
    """Return the errors of the runs of a group in percent, by the strength of the noise."""
    found: Curves = {}
    for run in group.runs:
        numbers = numbers_of(run, whole.split, epoch_of(run, whole.epoch))
        for name, accuracy in numbers.items():
            if name.startswith(NOISY):
                found.setdefault(float(name.removeprefix(NOISY)), []).append(100 * (1 - accuracy))
    return found
