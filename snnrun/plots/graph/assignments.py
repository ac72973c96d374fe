"""What the neurons that answer stand for: how they spike for classes, and how many each has."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from snnrun.plots.panels import letter
from snnrun.plots.style import GREY, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return the shares of each neuron's spikes, sorted by class, and how many each class has."""
    found = evaluation.of("assignments")
    classes, shares = found["classes"], found["proportions"]
    names = evaluation.classes
    order = np.argsort(np.where(classes < 0, len(names), classes), kind="stable")
    figure = new_figure(PAGE, 62)
    image, bars = figure.subplots(1, 2, width_ratios=(1.5, 1))
    shown = image.imshow(100 * shares[order].T, cmap="Greys", vmin=0, vmax=100, aspect="auto")
    image.set_yticks(range(len(names)), names)
    image.tick_params(axis="y", length=0)
    image.set_ylabel("class")
    image.set_xlabel("neuron, sorted by class")
    image.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    bar = figure.colorbar(shown, ax=image, label="share of the neuron's spikes (%)")
    bar.outline.set_visible(False)
    counts = [int((classes == index).sum()) for index in [*range(len(names)), -1]]
    colours = [*class_colours(len(names)), GREY]
    bars.bar(range(len(counts)), counts, color=colours, width=0.7)
    turned = 90 if max(map(len, names)) > 2 else 0
    bars.set_xticks(range(len(counts)), [*names, "none"], rotation=turned)
    bars.set_xlabel("class")
    bars.set_ylabel("neurons")
    bars.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    bars.set_title(f"{len(classes):,} neurons, {counts[-1]:,} of no class")
    letter((image, bars))
    return figure
