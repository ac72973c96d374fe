"""Robustness: the accuracy of a trained network on imperfect substrates it was not trained for.

Four imperfections (:mod:`snnrun.plots.spike_times.imperfections`), each from none to severe. After
the figure on substrates in Göltz et al., Nature Machine Intelligence 3 (2021), whose networks were
trained with their imperfection.
"""

from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from snnrun.core.random import generator
from snnrun.plots.panels import letter
from snnrun.plots.spike_times.imperfections import (
    Sweep,
    jitter,
    mismatch,
    precision,
    sweep,
    weight_noise,
)
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, TIME, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.float64]
_LINE: dict[str, Any] = {"ms": 2.5, "lw": 0.8}
SAMPLES, DRAWS = 1000, 8
STRENGTHS = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.2])
_AXES = (
    "rounding step of weights",
    "weight noise (%)",
    f"input jitter {TIME}",
    "threshold mismatch (%)",
)


def steps(model: Any) -> Floats:
    """Return eight rounding steps, powers of 2, the largest about the largest weight."""
    largest = max(layer.weights.abs().max().item() for layer in model.layers)
    found: Floats = 2.0 ** (np.floor(np.log2(largest)) + np.arange(-7, 1))
    return found


def subset(evaluation: "Evaluation") -> NDArray[np.int64]:
    """Return which samples are shown: all, or 1,000 drawn from the seed of the experiment."""
    number = len(evaluation.labels)
    if number <= SAMPLES:
        return np.arange(number)
    order = torch.randperm(number, generator=generator(evaluation.experiment.seed, "robustness"))
    return np.sort(order[:SAMPLES].numpy())


def draw(evaluation: "Evaluation") -> Figure:
    """Return a panel for each imperfection: mean and standard deviation over the draws."""
    chosen = subset(evaluation)
    times, labels = (torch.from_numpy(x[chosen]) for x in (evaluation.times_in, evaluation.labels))
    run = partial(
        sweep, evaluation.learner, times, labels, seed=evaluation.experiment.seed, draws=DRAWS
    )
    right = float((evaluation.predictions == evaluation.labels)[chosen].mean())
    figure = new_figure(PAGE, 62)
    panels = figure.subplots(1, 4, sharey=True)
    for axes, label in zip(panels, _AXES, strict=True):
        _frame(axes, right, len(evaluation.dataset.classes))
        axes.set_xlabel(label)
    _rounding(panels[0], run(precision, steps(evaluation.model), draws=1))
    shares = partial(_noise, right=right, unit=100)
    shares(panels[1], run(weight_noise, STRENGTHS), label="of each weight")
    alike = run(partial(weight_noise, relative=False), STRENGTHS)
    shares(panels[1], alike, label="of r.m.s. weight", colour=GREY)
    _noise(panels[2], run(jitter, STRENGTHS), right=right)
    shares(panels[3], run(mismatch, STRENGTHS))
    panels[1].legend(handles=panels[1].lines[2:], loc="lower left")
    panels[0].set_ylabel("accuracy (%)")
    figure.suptitle(_title(evaluation, len(chosen)), fontsize=7)
    letter(panels)
    return figure


def _title(evaluation: "Evaluation", shown: int) -> str:
    whole = len(evaluation.labels)
    samples = f"{shown:,} samples" if shown == whole else f"{shown:,} of {whole:,} samples"
    return f"{evaluation.split}: {samples}; mean ± standard deviation of {DRAWS} draws"


def _frame(axes: Axes, right: float, classes: int) -> None:
    """Mark what the network reaches as it is, and what guessing does."""
    axes.axhline(100 * right, color=INK, lw=0.6, ls="--", zorder=0, label="as trained")
    axes.axhline(100 / classes, color=GREY, lw=0.6, ls=":", zorder=0, label="chance")
    axes.set_ylim(0, 100)


def _rounding(axes: Axes, found: Sweep) -> None:
    axes.plot(found.strengths, 100 * found.accuracy[:, 0], "o-", color=ACCENT, **_LINE)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: str(Fraction(value))))
    axes.legend(handles=axes.lines[:2], loc="lower left")


def _noise(
    axes: Axes,
    found: Sweep,
    *,
    right: float,
    unit: float = 1,
    label: str = "",
    colour: str = ACCENT,
) -> None:
    """Draw mean and band against the strength; at strength 0 the network is as trained."""
    strengths = unit * np.append(0, found.strengths)
    mean = 100 * np.append(right, found.accuracy.mean(axis=1))
    band = 100 * np.append(0, found.accuracy.std(axis=1, ddof=1))
    axes.fill_between(strengths, mean - band, mean + band, color=colour, alpha=0.25, lw=0)
    axes.plot(strengths, mean, "o-", color=colour, label=label, **_LINE)
