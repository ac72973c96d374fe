"""Networks that advance in steps, before and after training: spikes, readout, hidden membranes."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.before import TITLES, both, columns
from snnrun.plots.panels import (
    highlight,
    layer_names,
    legend_below,
    letter,
    neuron_legend,
    share_y,
)
from snnrun.plots.steps.membranes import sawtooth, wide
from snnrun.plots.steps.raster import Band, apart, bands, key
from snnrun.plots.style import ACCENT, GREY, LIGHT, PAGE, new_figure, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_MEASURE = "step_examples"


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each of at most three samples: before training above, after it below."""
    made = columns(evaluation, _MEASURE, 1.6)
    if made is None:
        return None
    for each, tops, bottoms in made.rows():
        found = each.of(_MEASURE)
        for top, bottom, example in zip(tops, bottoms, made.shown, strict=True):
            _raster(top, bands(found, example))
            traces, label = found["readout"][example], made.labels[example]
            _readout(bottom, traces, label, found["thresholds"][-1])
        bottoms[0].set_ylabel("membrane\nof readout")
    for axes in made.panels[-1]:
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    share_y(made.panels[1::2].ravel())
    inputs = np.concatenate([each.of(_MEASURE)["input"] for each in made.evaluations])
    key(made.figure, list(made.panels[::2].ravel()), inputs)
    neuron_legend(made.figure, evaluation.classes)
    return made.figure


def _raster(axes: Axes, rows: list[Band]) -> None:
    """Draw bands of equal height above each other: a row a neuron, white where nothing is."""
    for place, (_, activity, colours) in enumerate(rows):
        shades = np.array([to_rgb(colour) for colour in colours])
        strength = activity / max(1.0, float(np.abs(activity).max(initial=0.0)))
        picture = 1 - np.abs(strength.T)[:, :, None] * (1 - shades[:, None])
        extent = (-0.5, len(activity) - 0.5, place, place + 1.0)
        axes.imshow(apart(picture), extent=extent, aspect="auto", interpolation="nearest")
        axes.axhline(place + 1, color=LIGHT, lw=0.4)
    axes.set_yticks(np.arange(len(rows)) + 0.5, [name for name, _, _ in rows])
    axes.set_ylim(0, len(rows))
    axes.tick_params(axis="y", length=0)


def _readout(axes: Axes, traces: Floats, label: int, threshold: float) -> None:
    """Draw the traces ``[time, classes]``, that of the true class thicker and on top."""
    if np.isfinite(threshold):
        axes.axhline(threshold, color=GREY, lw=0.6, ls="--")
    for unit, colour in enumerate(highlight(traces.shape[1], label)):
        width = 1.4 if unit == label else 0.5
        axes.plot(traces[:, unit], color=colour, lw=width, zorder=2 + (unit == label))
    axes.set_xlim(-0.5, len(traces) - 0.5)


def draw_membranes(evaluation: "Evaluation") -> Figure | None:
    """Return a row for each hidden layer: the same neurons, of the same sample, before and after.

    They are those that go from the most silent to the busiest once they are trained; in units of
    the threshold, as in the figure of membranes.
    """
    pair = both(evaluation, _MEASURE)
    if pair is None:
        return None
    before, after = (each.of(_MEASURE) for each in pair)
    layers = len(after["thresholds"]) - 1
    if not layers:
        return None
    across = max(len(after[f"traced_{layer}"]) for layer in range(layers))
    figure = new_figure(PAGE, 40 * layers + 12)
    panels = figure.subplots(layers, across, squeeze=False, sharey="row", sharex=True)
    for layer, (line, name) in enumerate(zip(panels, layer_names(layers + 1), strict=False)):
        for axes, place in zip(line, range(len(after[f"traced_{layer}"])), strict=False):
            for found, colour, width in ((before, GREY, 0.6), (after, ACCENT, 0.9)):
                membrane, spikes = (
                    found[f"{of}_{layer}"][:, place] for of in ("membranes", "spikes")
                )
                steps, shown = sawtooth(membrane, spikes, found["drops"][layer])
                threshold = found["thresholds"][layer]
                axes.plot(steps, shown / threshold, color=colour, lw=width)
            axes.axhline(1, color=GREY, lw=0.6, ls="--")
            axes.set_title(f"neuron {after[f'traced_{layer}'][place]}")
        line[0].set_ylabel(f"membrane / threshold,\n{name}")
        reached = [
            each[f"membranes_{layer}"] / each["thresholds"][layer] for each in (before, after)
        ]
        wide(line[0], np.concatenate(reached))
    for axes in panels.ravel():
        axes.set_visible(axes.has_data())
    for axes in panels[-1]:
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    styles = zip(TITLES, (GREY, ACCENT), strict=True)
    handles = [Line2D([], [], color=colour, label=title) for title, colour in styles]
    dashed = Line2D([], [], color=GREY, lw=0.6, ls="--", label="threshold")
    legend_below(figure, [*handles, dashed], columns=3)
    figure.align_ylabels(panels[:, 0])
    class_ = evaluation.classes[after["labels"][0]]
    text = f"{evaluation.split} sample {after['numbers'][0]}, class {class_}"
    figure.suptitle(text, fontsize=points(7))
    letter(axes for axes in panels.ravel() if axes.get_visible())
    return figure
