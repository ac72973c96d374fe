r"""How the activities h of Spike-By-Spike layers settle, spike after spike.

The distance of :math:`h` after t spikes from the final one is :math:`\frac12 \sum_i |h_i(t) -
h_i(T)|`, between 0 and 1, where the sum of h is 1.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core import random as seeds
from snnrun.kernels.sbs.layer import Draw
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.plots.panels import letter, log_scale, neuron_legend
from snnrun.plots.sbs.names import names_of
from snnrun.plots.sbs.pictures import network_of, spike_axis
from snnrun.plots.sbs.spikes import at_most
from snnrun.plots.spike_times.raster import examples
from snnrun.plots.style import PAGE, class_colours, layer_shades, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]
POINTS, SAMPLES = 60, 10


def moments(spikes: int) -> list[int]:
    """Return numbers of spikes from 1 on, evenly spaced on a logarithmic axis.

    Example:
        >>> moments(9)
        [1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    return sorted({round(each) for each in np.geomspace(1, spikes, POINTS)})


@torch.no_grad()
def settling(layer: SpikingLayer, x: Tensor, draw: Draw) -> tuple[list[int], Floats]:
    """Return numbers of spikes, and h after them ``[numbers, batch, neurons, rows, columns]``.

    Args:
        layer: any that draws spikes.
        x: its input.
        draw: which random numbers the spikes come from; the same for all numbers of spikes.
    """
    counts, found = moments(len(layer.epsilon_t)), []
    for count in counts:
        with at_most([layer], count):
            found.append(layer(x, draw).numpy())
    return counts, np.stack(found)


def distances(h: Floats) -> Floats:
    """Return the mean distance from the last h, ``[numbers]``, for ``h`` of :func:`settling`."""
    shares = h / h.sum(axis=2, keepdims=True)
    apart = 0.5 * np.abs(shares - shares[-1]).sum(axis=2).reshape(len(h), -1)
    found: Floats = apart.mean(axis=1)
    return found


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return h of the label neurons for three images, and the mean distance of each layer.

    The third image is one that was predicted wrong, if there is any.
    """
    model = network_of(evaluation)
    if not model.spiking:
        return None
    chosen = examples(evaluation)[:SAMPLES]
    shown = _shown(evaluation, chosen)
    chosen = [*shown, *(each for each in chosen if each not in shown)]
    seen, record = evaluation.watch(evaluation.inputs[chosen])
    curves, labels, names = {}, None, names_of(model)
    for index, (layer, x) in enumerate(zip(model.layers, [seen, *record.activities], strict=False)):
        if isinstance(layer, SpikingLayer):
            key = seeds.key(evaluation.experiment.seed, "convergence", index)
            counts, h = settling(layer, x, Draw(key, np.asarray(chosen)))
            curves[names[index]] = counts, distances(h)
            if index == len(model.layers) - 1:
                labels = counts, h[:, :, :, 0, 0]
    shown = shown if labels else []
    figure = new_figure(PAGE, 72 if labels else 62)
    panels = list(figure.subplots(1, 1 + len(shown), squeeze=False)[0])
    if labels:
        _draw_labels(panels[:-1], evaluation, shown, *labels)
        neuron_legend(figure, evaluation.dataset.classes)
    _draw_distances(panels[-1], curves)
    letter(panels)
    return figure


def _shown(evaluation: "Evaluation", chosen: list[int]) -> list[int]:
    """Return the samples whose h is shown: two that were predicted right, if any, and one wrong."""
    wrong = np.flatnonzero(evaluation.predictions != evaluation.labels)
    right = [sample for sample in chosen if sample not in wrong]
    return [*(right or chosen)[:2], *wrong[:1].tolist()]


def _draw_labels(
    panels: list[Axes], evaluation: "Evaluation", shown: list[int], counts: list[int], h: Floats
) -> None:
    """Draw ``h [numbers, samples, classes]``, that of the true class thicker."""
    names = evaluation.dataset.classes
    for place, (axes, sample) in enumerate(zip(panels, shown, strict=True)):
        label, found = evaluation.labels[sample], h[-1, place].argmax()
        for unit, colour in enumerate(class_colours(len(names))):
            width = 1.4 if unit == label else 0.6
            axes.plot(counts, h[:, place, unit], color=colour, lw=width)
        before = evaluation.predictions[sample]  # of other spikes, so it may have been another
        missed = f", once taken for {names[before]}" if before not in (label, -1) else ""
        axes.set_title(
            f"class {names[label]}" + (f", taken for {names[found]}" if found != label else missed)
        )
        axes.set_ylim(0, 1)
        spike_axis(axes, counts[-1])
        axes.tick_params(labelleft=place == 0)
    panels[0].set_ylabel("h of the label neurons")


def _draw_distances(axes: Axes, curves: dict[str, tuple[list[int], Floats]]) -> None:
    colours = layer_shades(len(curves))
    for (name, (counts, values)), colour in zip(curves.items(), colours, strict=True):
        axes.plot(counts[:-1], values[:-1], color=colour, label=name)
    log_scale(axes)
    axes.set_ylabel("distance of h from its end")
    spike_axis(axes, max(counts[-1] for counts, _ in curves.values()))
    axes.legend(loc="lower left")
