"""Robustness: the error of a trained network on imperfect substrates it was not trained for.

Four imperfections, each from none to severe. After the figure on substrates in Göltz et al., Nature
Machine Intelligence 3 (2021), whose networks were trained with their imperfection.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from snnrun.plots.panels import legend_below, letter, log_scale, some_samples
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, TIME, new_figure, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.float64]
_NOISE = ("relative", "absolute", "jitter", "mismatch")
_LINE: dict[str, Any] = {"ms": 2.5, "lw": 0.8}
_AXES = (
    "rounding step of weights",
    "weight noise (%)",
    f"input jitter {TIME}",
    "threshold mismatch (%)",
)


def draw(evaluation: "Evaluation") -> Figure:
    """Return a panel for each imperfection: mean and standard deviation over the draws."""
    found = evaluation.of("robustness")
    samples = int(found["samples"])
    right = float(found["right"] / samples)
    figure = new_figure(PAGE, 62)
    panels = figure.subplots(1, 4, sharey=True)
    for axes, label in zip(panels, _AXES, strict=True):
        _frame(axes, right, len(evaluation.classes))
        axes.set_xlabel(label)
    panels[0].set_xlabel(f"{_AXES[0]}\n(the largest weight is {largest_weight(evaluation):.2g})")
    _rounding(panels[0], found["steps"], found["rounding"][:, 0] / samples)
    shares = {name: found[name] / samples for name in _NOISE}
    noise = partial(_noise, strengths=found["strengths"], right=right)
    noise(panels[1], shares["relative"], unit=100, label="noise of each weight")
    noise(panels[1], shares["absolute"], unit=100, label="noise of the r.m.s. weight", colour=GREY)
    noise(panels[2], shares["jitter"])
    noise(panels[3], shares["mismatch"], unit=100)
    panels[0].set_ylabel("error (%)")
    _scale(panels)
    shown, draws = some_samples(samples, evaluation.samples), found["jitter"].shape[1]
    title = f"{evaluation.split}: {shown}; mean ± standard deviation of {draws} draws"
    figure.suptitle(title, fontsize=points(7))
    handles = [*panels[0].lines[:2], *panels[1].lines[2:]]
    legend_below(figure, handles)
    letter(panels)
    return figure


def _frame(axes: Axes, right: float, classes: int) -> None:
    """Mark what the network reaches as it is, and what guessing does."""
    axes.axhline(100 * (1 - right), color=INK, lw=0.6, ls="--", zorder=0, label="as trained")
    axes.axhline(100 * (1 - 1 / classes), color=GREY, lw=0.6, ls=":", zorder=0, label="chance")


def _scale(panels: Sequence[Axes]) -> None:
    """Give the panels one logarithmic axis."""
    lines = [line for axes in panels for line in axes.lines]
    bands = [band for axes in panels for band in axes.collections]
    log_scale(panels[0], lines, bands)
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(low, min(high, 110))


def largest_weight(evaluation: "Evaluation") -> float:
    """Return the largest size of a weight, which the rounding step compares with."""
    every = [each for name, each in evaluation.weights.items() if name.endswith(".weights")]
    return max(float(np.abs(each).max()) for each in every)


def _rounding(axes: Axes, steps: Floats, accuracy: Floats) -> None:
    axes.plot(steps, 100 * (1 - accuracy), "o-", color=ACCENT, **_LINE)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: str(Fraction(value))))


def _noise(
    axes: Axes,
    accuracy: Floats,
    *,
    strengths: Floats,
    right: float,
    unit: float = 1,
    label: str = "",
    colour: str = ACCENT,
) -> None:
    """Draw mean and band of ``accuracy [strengths, draws]``; at strength 0 it is as trained."""
    places = unit * np.append(0, strengths)
    mean = 100 * (1 - np.append(right, accuracy.mean(axis=1)))
    band = 100 * np.append(0, accuracy.std(axis=1, ddof=1))
    axes.fill_between(places, mean - band, mean + band, color=colour, alpha=0.25, lw=0)
    axes.plot(places, mean, "o-", color=colour, label=label, **_LINE)
