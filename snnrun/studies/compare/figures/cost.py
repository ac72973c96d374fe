"""What results cost: each group's number against the energy of an answer."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.core.energy import unit_of
from snnrun.plots.style import new_figure
from snnrun.studies.compare.figures.look import (
    best_groups,
    colours_of,
    factor_of,
    legend_of,
    plain_axis,
    title_of,
    told_of,
)

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison


def draw(whole: "Comparison") -> Figure | None:
    """Return a point for each group whose energy is known, with standard deviations of both.

    None where fewer than two are. Of more groups than can be told apart, the best are shown.
    """
    metric, colours = whole.metrics[0], colours_of(whole)
    title, words = legend_of(whole, whole.telling)
    known = {
        place: whole.groups[place].cost_spreads["energy_joule"]
        for place in best_groups(whole, metric)
        if "energy_joule" in whole.groups[place].cost_spreads
    }
    if len(known) < 2:
        return None
    energies = [each.mean for each in known.values()]
    size, unit = unit_of(max(energies))
    figure = new_figure(120, 60)
    axes = figure.subplots()
    for place, energy in known.items():
        result = whole.groups[place].spreads[metric]
        axes.errorbar(
            energy.mean / size, factor_of(metric) * result.mean,
            factor_of(metric) * (result.deviation or 0.0), (energy.deviation or 0.0) / size,
            fmt="o", ms=3.5, color=colours[place], elinewidth=0.7, label=words[place],
        )  # fmt: skip
    plain_axis(axes, [energy / size for energy in energies])
    axes.set_xlabel(f"energy of an answer, synapses only ({unit})")
    axes.set_ylabel(title_of(metric))
    axes.set_title(f"{whole.split}: {told_of(whole, 'mean ± standard deviation')}")
    figure.legend(title=title, loc="outside right upper")
    return figure
