"""Mismatch of time constants: the error of a trained network whose neurons are not alike."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from snnrun.plots.panels import some_samples
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return the error against the mismatch: mean and standard deviation over the draws."""
    found = evaluation.of("time_constants")
    if not found:
        return None
    samples = int(found["samples"])
    trained = 100 * (1 - float(found["right"]) / samples)
    errors = 100 * (1 - found["time_constants"] / samples)
    places = 100 * np.append(0, found["strengths"])
    means = np.append(trained, errors.mean(axis=1))
    spread = np.append(0, errors.std(axis=1, ddof=1))
    guessed = 100 * (1 - 1 / len(evaluation.classes))
    figure = new_figure(COLUMN, 60)
    axes = figure.subplots()
    axes.axhline(trained, color=INK, lw=0.6, ls="--", zorder=0, label="as trained")
    if means.max() > 0.5 * guessed:
        axes.axhline(guessed, color=GREY, lw=0.6, ls=":", zorder=0, label="guessing")
    ends = np.maximum(means - spread, 0), means + spread
    axes.fill_between(places, *ends, color=ACCENT, alpha=0.25, lw=0)
    axes.plot(places, means, "o-", color=ACCENT, ms=2.5, lw=0.8, clip_on=False)
    axes.set_xlim(0, places[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("mismatch of time constants (%)")
    axes.set_ylabel("error (%)")
    draws, shown = errors.shape[1], some_samples(samples, evaluation.samples)
    axes.set_title(f"{evaluation.split}: {shown}; mean ± standard deviation of {draws} draws")
    axes.legend()
    return figure
