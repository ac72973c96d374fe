"""What the number of spikes does to a trained Spike-By-Spike network."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.plots.panels import legend_below, letter, log_scale, some_samples
from snnrun.plots.pictures import spike_axis
from snnrun.plots.style import ACCENT, COLUMN, GREY, layer_shades, new_figure
from snnrun.runs.numbers import standard_interval

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return accuracy and error against the number of spikes; the band is the standard error."""
    found = evaluation.of("spike_counts")
    if not found:
        return None
    counts, samples = found["spikes"], int(found["samples"])
    accuracy = found["right"] / samples
    figure = new_figure(COLUMN, 80)
    panels = figure.subplots(2, 1, sharex=True)
    for axes, values, label in zip(
        panels, (accuracy, 1 - accuracy), ("accuracy (%)", "error (%)"), strict=True
    ):
        low, high = (100 * end for end in standard_interval(values, samples))
        style = {"color": ACCENT, "alpha": 0.25, "lw": 0, "label": "± standard error"}
        axes.fill_between(counts, low, high, **style)
        axes.plot(counts, 100 * values, "o-", color=ACCENT, ms=2.5, lw=0.8, clip_on=False)
        axes.set_ylabel(label)
    chance = 100 / len(evaluation.classes)
    panels[0].axhline(chance, color=GREY, lw=0.6, ls=":", label="chance")
    panels[0].set_ylim(0, 100)
    panels[0].legend(loc="upper left")
    log_scale(panels[1])
    panels[1].set_ylim(top=min(panels[1].get_ylim()[1], 110))
    spike_axis(panels[1], counts[-1])
    panels[0].set_title(f"{evaluation.split}: {some_samples(samples, evaluation.samples)}")
    letter(panels)
    figure.align_ylabels(panels)
    return figure


def draw_noisy(evaluation: "Evaluation") -> Figure | None:
    """Return the error against the number of spikes, a line for each strength of noise in the
    input, the first without any; bands are the standard error.
    """
    clean, noisy = evaluation.of("spike_counts"), evaluation.of("noisy_spike_counts")
    if not clean or not noisy:
        return None
    samples = int(noisy["samples"])
    figure = new_figure(COLUMN, 62)
    axes = figure.subplots()
    strengths = [0.0, *noisy["strengths"].tolist()]
    rights = [clean["right"], *noisy["right"]]
    shades = layer_shades(len(strengths))
    for strength, right, colour in zip(strengths, rights, shades, strict=True):
        errors = 1 - right / samples
        low, high = (100 * end for end in standard_interval(errors, samples))
        axes.fill_between(noisy["spikes"], low, high, color=colour, alpha=0.25, lw=0)
        label = f"noise {strength:g}" if strength else "no noise"
        axes.plot(
            noisy["spikes"], 100 * errors, "o-", color=colour, ms=2.5, lw=0.8, label=label,
            clip_on=False,
        )  # fmt: skip
    log_scale(axes)
    axes.set_ylim(top=min(axes.get_ylim()[1], 110))
    axes.set_ylabel("error (%)")
    spike_axis(axes, noisy["spikes"][-1])
    axes.set_title(f"{evaluation.split}: {some_samples(samples, evaluation.samples)}")
    title = "standard deviation of the noise (values in 0 to 1)"
    legend_below(figure, axes.lines, columns=3, title=title)
    return figure
