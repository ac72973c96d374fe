"""How active the layers were while the network learned, and how its updates were aligned."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.plots.panels import epoch_axis, layer_names, letter, row_of_panels
from snnrun.plots.style import GREY, PAGE, layer_shades, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_WHAT = {
    "density": "spikes per neuron and step",
    "silent": "without a spike (% of neurons)",
    "saturated": "always spiking (% of neurons)",
}


def draw_density(evaluation: "Evaluation") -> Figure | None:
    """Return density and shares of silent and saturated neurons of each layer, over the epochs.

    A share that is 0 in all layers and epochs has no panel.
    """
    names = logged(evaluation, "validation", "density")
    if not names:
        return None
    shown = {what: label for what, label in _WHAT.items() if _any(evaluation, what, names)}
    figure, panels = row_of_panels(len(shown), 55)
    for axes, (what, label) in zip(panels, shown.items(), strict=True):
        for (name, title), colour in zip(names.items(), layer_shades(len(names)), strict=True):
            epochs, values = evaluation.run.curve("validation", f"{what}/{name}")
            percent = [value if what == "density" else 100 * value for value in values]
            axes.plot(epochs, percent, color=colour, label=title, clip_on=False)
        epoch_axis(axes)
        axes.set_xlim(0, max(*epochs, 1))
        axes.set_ylabel(label)
        axes.set_ylim(0, max(axes.get_ylim()[1], 0.1 if what == "density" else 5))
    panels[0].legend()
    letter(panels)
    return figure


def _any(evaluation: "Evaluation", what: str, names: Iterable[str]) -> bool:
    """Tell whether a panel has more than a line at 0; that of the density is always there."""
    curves = (evaluation.run.curve("validation", f"{what}/{name}")[1] for name in names)
    return what == "density" or any(any(values) for values in curves)


def draw_alignment(evaluation: "Evaluation") -> Figure | None:
    """Return the angle between update and true gradient of each layer, over the epochs."""
    names = logged(evaluation, "train", "alignment")
    if not names:
        return None
    figure = new_figure(PAGE / 2, 55)
    axes = figure.subplots()
    for (name, title), colour in zip(names.items(), layer_shades(len(names)), strict=True):
        epochs, angles = evaluation.run.curve("train", f"alignment/{name}")
        axes.plot(epochs, angles, color=colour, label=title, marker=".", clip_on=False)
    axes.axhline(90, color=GREY, lw=0.6, ls="--")
    axes.set_ylim(0, 120)
    axes.set_yticks(range(0, 121, 30))
    epoch_axis(axes)
    axes.set_xlim(0, max(*epochs, 1))
    axes.set_ylabel("angle of update to true gradient (°)")
    axes.legend()
    return figure


def logged(evaluation: "Evaluation", split: str, what: str) -> dict[str, str]:
    """Return the layers of which a statistic was logged: name in the log -> name in a legend."""
    there = {(row["split"], row["name"]) for row in evaluation.run.logged()}
    number = len(evaluation.experiment.layers())
    names = [*(f"layer_{index}" for index in range(number - 1)), "readout"]
    pairs = zip(names, layer_names(number, "readout"), strict=True)
    return {name: title for name, title in pairs if (split, f"{what}/{name}") in there}
