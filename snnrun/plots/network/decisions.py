"""How soon a network that advances in steps decides."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from snnrun.plots.network.bars import share_axis
from snnrun.plots.panels import letter, percent, some_samples
from snnrun.plots.style import ACCENT, GREY, PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return accuracy against the number of steps, and the share of samples decided by then."""
    found = evaluation.of("decisions")
    if "right" not in found:
        return None
    samples, right = int(found["samples"]), found["right"]
    steps = np.arange(1, len(right) + 1)
    figure = new_figure(PAGE, 55)
    accuracy, decided = figure.subplots(1, 2)
    marker = "o" if len(steps) <= 30 else ""
    style = {"marker": marker, "ms": 2.5, "clip_on": False}
    accuracy.plot(steps, 100 * right / samples, color=ACCENT, **style)
    accuracy.set_ylabel("accuracy (%)")
    accuracy.set_title(
        f"{evaluation.split}: {some_samples(samples, evaluation.samples)}, "
        f"{percent(right[-1] / samples)} at the end"
    )
    shares = 100 * found["decided"].cumsum() / samples
    decided.step(steps, shares, color=GREY, where="post", clip_on=False)
    mean = (found["decided"] * steps).sum() / samples
    decided.axvline(mean, color=ACCENT, lw=0.8, ls="--")
    decided.set_title(f"on average after {mean:.3g} step{'' if mean == 1 else 's'}")
    decided.set_ylabel("samples decided (%)")
    for axes in (accuracy, decided):
        axes.set_xlabel("steps")
        share_axis(axes, axes.lines[0].get_ydata())
        begin = max(1 - 0.04 * len(steps), 0.4)  # so that a mean of 1 does not lie on the axis
        axes.set_xlim(min(begin, len(steps) - 0.5), max(len(steps), 1.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    letter((accuracy, decided))
    return figure
