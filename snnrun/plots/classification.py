"""Classes predicted over the Yin-Yang plane: background, samples, and the errors among them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots import plane
from snnrun.plots.panels import legend_below, percent
from snnrun.plots.style import COLUMN, GREY, INK, class_colours, new_figure, tint

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_MANY = 2000  # dots beyond this are drawn as an image, which keeps the PDF small


def background(predictions: NDArray[np.integer[Any]], colours: list[str]) -> NDArray[np.float64]:
    """Return the pale colour of each predicted class ``[y, x, rgb]``; white for none (-1)."""
    pale = np.array([*(tint(colour) for colour in colours), to_rgb("white")])
    shades: NDArray[np.float64] = pale[predictions]
    return shades


def draw(evaluation: "Evaluation") -> Figure:
    """Return the input plane with every sample in the colour of its predicted class."""
    answers = plane.read(evaluation)
    names = evaluation.classes
    colours = class_colours(len(names))
    figure = new_figure(COLUMN, 92)
    axes = figure.subplots()
    shades = background(answers.predictions, colours)
    plane.show(axes, shades, answers, plane.outline(answers), plane.disc(answers))
    shown = _samples(axes, evaluation, colours)
    axes.set_xlabel("x")
    axes.set_ylabel("y")
    axes.set_title(_title(evaluation, shown))
    legend_below(figure, columns=len(names) + 2, markerscale=1.5)
    return figure


def _title(evaluation: "Evaluation", shown: int) -> str:
    right, samples = percent(evaluation.accuracy or 0.0, 2), evaluation.samples
    text = f"{evaluation.split}: {right} of {samples:,} right"
    return text if shown == samples else f"{text}, {shown:,} shown"


def _samples(axes: Axes, evaluation: "Evaluation", colours: list[str]) -> int:
    """Dot samples in the colour of their predicted class, cross out errors; return how many."""
    found = evaluation.of("points")
    (x, y), predictions = found["points"].T, found["predictions"]
    many = len(x) > _MANY
    groups = [*zip(evaluation.classes, colours, strict=True), ("none", GREY)]
    for index, (name, colour) in enumerate(groups):
        chosen = predictions == (index if name != "none" else -1)
        if chosen.any() or name != "none":
            axes.scatter(
                x[chosen],
                y[chosen],
                s=5 if not many else 3,
                lw=0,
                color=colour,
                label=name,
                rasterized=many,
            )
    wrong = predictions != found["labels"]
    axes.scatter(x[wrong], y[wrong], s=10, lw=0.6, color=INK, marker="x", zorder=4, label="error")
    return len(x)
