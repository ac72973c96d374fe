"""How much noise of the input a trained network bears."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.plots.panels import some_samples
from snnrun.plots.style import ACCENT, COLUMN, GREY, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return the error against the standard deviation of the noise, and that of guessing."""
    found = evaluation.of("input_noise")
    if "right" not in found:
        return None
    samples = int(found["samples"])
    errors = 100 * (1 - found["right"] / samples)
    figure = new_figure(COLUMN, 55)
    axes = figure.subplots()
    guessed = 100 * (1 - 1 / len(evaluation.classes))
    axes.axhline(guessed, color=GREY, lw=0.8, ls="--", label="guessing")
    axes.plot(found["strengths"], errors, "o-", color=ACCENT, ms=2.5, clip_on=False)
    axes.set_xlabel("standard deviation of the noise (values in 0 to 1)")
    axes.set_ylabel("error (%)")
    axes.set_xlim(0, float(found["strengths"][-1]))
    axes.set_ylim(0, 100)
    axes.set_title(f"{evaluation.split}: {some_samples(samples, evaluation.samples)}")
    axes.legend()
    return figure
