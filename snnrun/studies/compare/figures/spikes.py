"""What the number of spikes does to Spike-By-Spike networks, beside networks that know no such
number, as conventional ones.
"""

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.panels import letter, log_scale, some_samples
from snnrun.plots.pictures import spike_axis
from snnrun.plots.style import PAGE, new_figure, points
from snnrun.studies.compare.figures import noise
from snnrun.studies.compare.figures.look import best_groups, colours_of, legend_of
from snnrun.studies.compare.kept import kept_of
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group


def draw(whole: "Comparison") -> Figure | None:
    """Return the error against the number of spikes, a line for each group where it was measured;
    a panel without noise in the input, and one for each strength of it that was.

    Mean and standard deviation over the seeds. The error of the others is a line across, with noise
    where ``input_noise`` was kept. None where nothing was measured.
    """
    colours = colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    places = best_groups(whole, whole.metrics[0])
    measured = {p: each for p in places if (each := _errors(whole.groups[p], whole))}
    if not measured:
        return None
    strengths = sorted(set.union(*map(set, measured.values())))
    figure = new_figure(PAGE if len(strengths) > 1 else 120, 65)
    panels = figure.subplots(1, len(strengths), sharey=True, squeeze=False)[0]
    most = max(max(each) for errors in measured.values() for each in errors.values())
    across = False
    for axes, strength in zip(panels, strengths, strict=True):
        for place, errors in measured.items():
            _line(axes, errors.get(strength, {}), colours[place], words[place])
        for place in (each for each in places if each not in measured):
            error = _across(whole.groups[place], whole, strength)
            if error is not None:
                across = True
                axes.axhline(error, color=colours[place], lw=0.9, ls="--", label=words[place])
        spike_axis(axes, most)
        if len(strengths) > 1:
            axes.set_title(f"noise {strength:g} in the input" if strength else "no noise")
    drawn = [(axes.lines, axes.collections) for axes in panels]
    log_scale(panels[0], [*chain(*(own for own, _ in drawn))], [*chain(*(own for _, own in drawn))])
    panels[0].set_ylabel("error (%)")
    shown = next(kept_of(whole.groups[next(iter(measured))], whole, "spike_counts"))
    samples = some_samples(int(shown.of("spike_counts")["samples"]), shown.whole)
    text = f"{whole.split}, {samples}{'; dashed: other networks, all samples' if across else ''}"
    if len(strengths) > 1:
        figure.suptitle(text, fontsize=points(7))
        letter(panels)
    else:
        panels[0].set_title(text)
    if len(places) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, title=title, loc="outside right upper")
    return figure


def _line(axes: Axes, errors: dict[int, list[float]], colour: str, label: str) -> None:
    """Draw the mean of some runs, and their standard deviation, against the number of spikes."""
    counts = np.array(sorted(errors))
    values = np.array([np.mean(errors[each]) for each in counts])
    spread = np.array([np.std(errors[e], ddof=min(1, len(errors[e]) - 1)) for e in counts])
    axes.plot(counts, values, "o-", ms=2.5, lw=0.9, color=colour, label=label)
    ends = np.maximum(values - spread, 1e-9), values + spread
    axes.fill_between(counts, *ends, color=colour, alpha=0.2, lw=0)


def _across(group: "Group", whole: "Comparison", strength: float) -> float | None:
    """Return the mean error of a group that knows no number of spikes, in percent."""
    metric = whole.metrics[0]
    if not strength:
        return 100 * (1 - group.spreads[metric].mean) if in_percent(metric) else None
    found = noise.errors(group, whole).get(strength)
    return float(np.mean(found)) if found else None


def _errors(group: "Group", whole: "Comparison") -> dict[float, dict[int, list[float]]]:
    """Return the errors of the runs of a group in percent, by the strength of the noise and the
    number of spikes.
    """
    found: dict[float, dict[int, list[float]]] = {}
    for measure in ("spike_counts", "noisy_spike_counts"):
        for evaluation in kept_of(group, whole, measure):
            arrays = evaluation.of(measure)
            if not arrays:  # a network without spikes
                continue
            shares = np.atleast_2d(arrays["right"]) / arrays["samples"]
            strengths = [0.0] if measure == "spike_counts" else arrays["strengths"].tolist()
            for strength, row in zip(strengths, shares, strict=True):
                for count, share in zip(arrays["spikes"], row, strict=True):
                    own = found.setdefault(strength, {}).setdefault(int(count), [])
                    own.append(100 * (1 - float(share)))
    return found
