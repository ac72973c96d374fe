"""How imperfect a substrate each group bears, where that was measured.

Groups that differ in an imperfection that they were trained with show what this brings.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import letter, row_of_panels
from snnrun.plots.style import TIME, points
from snnrun.runs.evaluation import Evaluation
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of, told_of
from snnrun.studies.compare.kept import kept_of

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

Floats = NDArray[np.float64]
#: Imperfection -> its axis, what strengths are multiplied by, the measure that keeps it.
_PANELS = {
    "rounding": ("rounding step of weights", 1.0, "robustness"),
    "relative": ("noise of each weight (%)", 100.0, "robustness"),
    "absolute": ("noise of weights (% of their r.m.s.)", 100.0, "robustness"),
    "jitter": (f"jitter of input spikes {TIME}", 1.0, "robustness"),
    "mismatch": ("mismatch of thresholds (%)", 100.0, "robustness"),
    "time_constants": ("mismatch of time constants (%)", 100.0, "time_constants"),
}
#: Strength -> error in percent of each run, the mean of its draws.
Curve = dict[float, list[float]]


def draw(whole: "Comparison") -> Figure | None:
    """Return a panel for each imperfection: error against its strength, a line for each group.

    Mean and standard deviation over the seeds. None where nothing was measured.
    """
    places = best_groups(whole, whole.metrics[0])
    found = {
        name: {p: curve for p in places if (curve := _curve(whole.groups[p], whole, name))}
        for name in _PANELS
    }
    found = {name: curves for name, curves in found.items() if curves}
    if not found:
        return None
    colours = colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    figure, panels = row_of_panels(len(found), 48)
    for axes, (name, curves) in zip(panels, found.items(), strict=True):
        label, unit, _ = _PANELS[name]
        for place, curve in curves.items():
            _line(axes, curve, unit, colours[place], words[place])
        if name == "rounding":
            axes.set_xscale("log", base=2)
        else:
            axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(label)
        axes.set_ylabel("error (%)")
    told = told_of(whole, "mean ± standard deviation of runs")
    figure.suptitle(f"{whole.split}, imperfect: {told}", fontsize=points(7))
    if len(whole.groups) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, title=title, loc="outside right upper")
    letter(panels)
    return figure


def _line(axes: Axes, curve: Curve, unit: float, colour: str, label: str) -> None:
    strengths = np.array(sorted(curve))
    means = np.array([np.mean(curve[each]) for each in strengths])
    spread = np.array([np.std(curve[e], ddof=min(1, len(curve[e]) - 1)) for e in strengths])
    axes.plot(unit * strengths, means, "o-", ms=2, lw=0.9, color=colour, label=label)
    ends = np.maximum(means - spread, 0.0), means + spread
    axes.fill_between(unit * strengths, *ends, color=colour, alpha=0.2, lw=0)


def _curve(group: "Group", whole: "Comparison", name: str) -> Curve:
    found: Curve = {}
    for evaluation in kept_of(group, whole, _PANELS[name][2]):
        for strength, error in _errors(evaluation, name):
            found.setdefault(strength, []).append(error)
    return found


def _errors(evaluation: Evaluation, name: str) -> Iterator[tuple[float, float]]:
    """Yield strengths and errors in percent; but for rounding, from none on."""
    arrays = evaluation.of(_PANELS[name][2])
    if name not in arrays:
        return
    samples = float(arrays["samples"])
    if name != "rounding":
        yield 0.0, 100 * (1 - float(arrays["right"]) / samples)
    strengths = arrays["steps" if name == "rounding" else "strengths"]
    for strength, right in zip(strengths, arrays[name].mean(axis=1), strict=True):
        yield float(strength), 100 * (1 - float(right) / samples)
