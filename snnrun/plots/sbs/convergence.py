r"""How the activities h of Spike-By-Spike layers settle, spike after spike.

The distance of :math:`h` after t spikes from the final one is :math:`\frac12 \sum_i |h_i(t) -
h_i(T)|`, between 0 and 1, where the sum of h is 1.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.names import sbs_names
from snnrun.plots.panels import highlight, letter, log_scale, neuron_legend
from snnrun.plots.pictures import spike_axis
from snnrun.plots.style import PAGE, layer_shades, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
#: Numbers of spikes, and the distance after each.
Curve = tuple[NDArray[np.int64], Floats]


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return h of the label neurons for three images, and the mean distance of each layer.

    The third image is one that was predicted wrong, if there is any.
    """
    found = evaluation.of("settling")
    curves = _curves(evaluation, found)
    if not curves:
        return None
    shown = len(found["labels"]) if "h" in found else 0
    figure = new_figure(PAGE, 72 if shown else 62)
    panels = list(figure.subplots(1, 1 + shown, squeeze=False)[0])
    if shown:
        counts, _ = [*curves.values()][-1]
        _draw_labels(panels[:-1], evaluation.classes, counts, found["labels"], found["h"])
        neuron_legend(figure, evaluation.classes)
    _draw_distances(panels[-1], curves)
    letter(panels)
    return figure


def _curves(evaluation: "Evaluation", found: dict[str, NDArray[Any]]) -> dict[str, Curve]:
    """Return the curve of each layer that spikes by its name."""
    return {
        name: (found[f"layer_{index}/spikes"], found[f"layer_{index}/distances"])
        for index, name in enumerate(sbs_names(evaluation.experiment))
        if f"layer_{index}/spikes" in found
    }


def _draw_labels(
    panels: list[Axes],
    names: tuple[str, ...],
    counts: NDArray[np.int64],
    labels: NDArray[np.int64],
    h: Floats,
) -> None:
    """Draw ``h [numbers, samples, classes]``, that of the true class thicker."""
    for place, (axes, label) in enumerate(zip(panels, labels, strict=True)):
        for unit, colour in enumerate(highlight(len(names), label)):
            true = unit == label
            width, above = (1.4, 2.5) if true else (0.6, 2.0)
            axes.plot(counts, h[:, place, unit], color=colour, lw=width, zorder=above)
        predicted = h[-1, place].argmax()
        wrong = f", taken for {names[predicted]}" if predicted != label else ""
        axes.set_title(f"class {names[label]}{wrong}")
        axes.set_ylim(0, 1)
        spike_axis(axes, counts[-1])
        axes.tick_params(labelleft=place == 0)
    panels[0].set_ylabel("h of the label neurons")


def _draw_distances(axes: Axes, curves: dict[str, Curve]) -> None:
    colours = layer_shades(len(curves))
    for (name, (counts, values)), colour in zip(curves.items(), colours, strict=True):
        axes.plot(counts[:-1], values[:-1], color=colour, label=name)
    log_scale(axes)
    axes.set_ylabel("distance of h from its end")
    spike_axis(axes, max(counts[-1] for counts, _ in curves.values()))
    axes.legend(loc="lower left")
