"""How active the layers were while the network learned, and how its updates were aligned."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.plots.panels import letter
from snnrun.plots.style import GREY, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation import Evaluation

_WHAT = {
    "density": "spikes per neuron and step",
    "silent": "neurons without a spike (%)",
    "saturated": "neurons with a spike at every step (%)",
}


def draw_density(evaluation: "Evaluation") -> Figure | None:
    """Return density and shares of silent and saturated neurons of each layer, over the epochs."""
    names = logged(evaluation, "validation", "density")
    if not names:
        return None
    figure = new_figure(PAGE, 55)
    panels = figure.subplots(1, len(_WHAT))
    for axes, (what, label) in zip(panels, _WHAT.items(), strict=True):
        for name, colour in zip(names, class_colours(len(names)), strict=True):
            epochs, values = evaluation.run.curve("validation", f"{what}/{name}")
            percent = [value if what == "density" else 100 * value for value in values]
            axes.plot(epochs, percent, color=colour, label=title(name))
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)
        axes.set_ylim(0, max(axes.get_ylim()[1], 0.1 if what == "density" else 5))
    panels[0].legend()
    letter(panels)
    return figure


def draw_alignment(evaluation: "Evaluation") -> Figure | None:
    """Return the angle between update and true gradient of each layer, over the epochs."""
    names = logged(evaluation, "train", "alignment")
    if not names:
        return None
    figure = new_figure(PAGE / 2, 55)
    axes = figure.subplots()
    for name, colour in zip(names, class_colours(len(names)), strict=True):
        epochs, angles = evaluation.run.curve("train", f"alignment/{name}")
        axes.plot(epochs, angles, color=colour, label=title(name), marker=".")
    axes.axhline(90, color=GREY, lw=0.6, ls="--")
    axes.set_ylim(0, 120)
    axes.set_yticks(range(0, 121, 30))
    axes.set_xlabel("epoch")
    axes.set_ylabel("angle of update to true gradient (°)")
    axes.legend()
    return figure


def logged(evaluation: "Evaluation", split: str, what: str) -> list[str]:
    """Return the layers of which a statistic was logged, the readout last."""
    found = {
        row["name"].removeprefix(f"{what}/")
        for row in evaluation.run.metrics()
        if row["split"] == split and row["name"].startswith(f"{what}/")
    }
    return sorted(found, key=lambda name: (name == "readout", name))


def title(name: str) -> str:
    """Return a layer's name for a legend.

    Example:
        >>> title("layer_0"), title("readout")
        ('hidden layer 1', 'readout')
    """
    return f"hidden layer {int(name[6:]) + 1}" if name.startswith("layer_") else name
