"""Spikes of all groups of a graph while single samples are shown."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from snnrun.plots.panels import letter
from snnrun.plots.style import GREY, INK, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each sample, a row for each group, the input at the bottom.

    Neurons that answer have the colour of the class that they stand for, grey if of none.
    """
    found = evaluation.of("event_examples")
    if "sizes" not in found:
        return None
    model: Any = evaluation.experiment.model
    answering: Any = evaluation.experiment.learning
    given = evaluation.of("assignments")["classes"]
    groups = [model.input_name, *(n for n in model.neurons if n != model.input_name)]
    rows = list(zip(groups, found["sizes"].tolist(), strict=True))[::-1]
    labels, ms = found["labels"], found["steps"] * model.dt
    heights = [1.4 if name == model.input_name else 1.0 for name, _ in rows]
    figure = new_figure(PAGE * max(len(labels), 4) / 5, 12 + 32 * sum(heights))
    panels = figure.subplots(
        len(rows), len(labels), sharex=True, sharey="row", squeeze=False, height_ratios=heights
    )
    shades = np.array([*class_colours(len(evaluation.classes)), GREY])
    for (name, size), line in zip(rows, panels, strict=True):
        for example, axes in enumerate(line):
            own = slice(*found[f"{name}/starts"][example : example + 2])
            times, places = found[f"{name}/steps"][own] * model.dt, found[f"{name}/places"][own]
            answers = name == answering.readout
            colours = shades[given[places]] if answers else INK
            big = 9.0 if size <= 100 or answers else 2.0
            axes.scatter(times, places, s=big, c=colours, marker="|", linewidths=0.7)
            axes.set_ylim(-0.03 * size, 1.03 * size)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        line[0].set_ylabel(f"{name} ({size})")
    for example, axes in enumerate(panels[0]):
        answer = found["predictions"][example]
        said = "none" if answer < 0 else evaluation.classes[answer]
        axes.set_title(f"class {evaluation.classes[labels[example]]}, answer {said}", pad=10)
        panels[-1, example].set_xlabel("time (ms)")
        axes.set_xlim(0, ms)
    letter(panels[0])
    return figure
