"""What the number of spikes does to Spike-By-Spike networks, beside networks that know no such
number, as conventional ones.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import log_scale, some_samples
from snnrun.plots.pictures import spike_axis
from snnrun.plots.style import new_figure
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of
from snnrun.studies.compare.kept import kept_of
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

Floats = NDArray[np.float64]


def draw(whole: "Comparison") -> Figure | None:
    """Return the error against the number of spikes, a line for each group where it was measured.

    Mean and standard deviation over the seeds. The error of the others is a line across. None where
    nothing was measured.
    """
    metric, colours = whole.metrics[0], colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    places = best_groups(whole, metric)
    measured = {p: each for p in places if (each := _errors(whole.groups[p], whole))}
    if not measured:
        return None
    figure = new_figure(120, 65)
    axes = figure.subplots()
    for place, errors in measured.items():
        counts = np.array(sorted(errors))
        values = np.array([np.mean(errors[each]) for each in counts])
        spread = np.array([np.std(errors[e], ddof=min(1, len(errors[e]) - 1)) for e in counts])
        axes.plot(counts, values, "o-", ms=2.5, lw=0.9, color=colours[place], label=words[place])
        ends = np.maximum(values - spread, 1e-9), values + spread
        axes.fill_between(counts, *ends, color=colours[place], alpha=0.2, lw=0)
    others = [p for p in places if p not in measured] if in_percent(metric) else []
    for place in others:
        error = 100 * (1 - whole.groups[place].spreads[metric].mean)
        axes.axhline(error, color=colours[place], lw=0.9, ls="--", label=words[place])
    log_scale(axes)
    spike_axis(axes, max(max(errors) for errors in measured.values()))
    axes.set_ylabel("error (%)")
    shown = next(kept_of(whole.groups[next(iter(measured))], whole, "spike_counts"))
    samples = some_samples(int(shown.of("spike_counts")["samples"]), shown.whole)
    across = "; dashed: other networks, all samples" if others else ""
    axes.set_title(f"{whole.split}, {samples}{across}")
    if len(places) > 1:
        figure.legend(title=title, loc="outside right upper")
    return figure


def _errors(group: "Group", whole: "Comparison") -> dict[int, list[float]]:
    """Return the errors of the runs of a group in percent, by the number of spikes."""
    found: dict[int, list[float]] = {}
    for evaluation in kept_of(group, whole, "spike_counts"):
        arrays = evaluation.of("spike_counts")
        if not arrays:  # a network without spikes
            continue
        shares = arrays["right"] / arrays["samples"]
        for count, share in zip(arrays["spikes"], shares, strict=True):
            found.setdefault(int(count), []).append(100 * (1 - float(share)))
    return found
