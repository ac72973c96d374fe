"""Spike-By-Spike networks at work: the activities h of every layer for a few images."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted
from snnrun.plots.sbs.keys import scale
from snnrun.plots.sbs.names import names_of
from snnrun.plots.sbs.pictures import columns_for, montage, network_of, picture, show
from snnrun.plots.spike_times.raster import examples
from snnrun.plots.style import ACCENT, PAGE, class_colours, new_figure, tint

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]
_COLUMNS = 5
_BESIDE: dict[str, Any] = {"aspect": 15, "fraction": 0.02, "panchor": False}


def draw(evaluation: "Evaluation") -> Figure:
    """Return a column for each of at most five images, a row for each layer, from the image down.

    Maps of neurons share one scale in a row; a layer with one position is shown as bars.
    """
    chosen = _chosen(evaluation)
    seen, record = evaluation.watch(evaluation.inputs[chosen])
    layers = network_of(evaluation).layers
    names = names_of(network_of(evaluation))
    rows = {
        name: record.activities[index].numpy()
        for index, (name, layer) in enumerate(zip(names, layers, strict=True))
        if isinstance(layer, Weighted | SpikingLayer)
    }
    heights = [0.8, *map(_height, rows.values())]
    figure = new_figure(PAGE, 34 * sum(heights))
    panels = figure.subplots(len(heights), len(chosen), squeeze=False, height_ratios=heights)
    for axes, sample in zip(panels[0], chosen, strict=True):
        axes.set_title(_title(evaluation, sample))
    _images(figure, list(panels[0]), *picture(seen.numpy(), evaluation))
    for (name, h), row in zip(rows.items(), panels[1:], strict=True):
        last = name == names[-1]
        short = name.replace(" layer", "")
        size = " × ".join(map(str, h.shape[1:]))
        row[0].set_ylabel(f"{short}\n{size}" if _has_maps(h) else f"{short} ({h.shape[1]})\nh")
        if _has_maps(h):
            _maps(figure, list(row), h)
        else:
            _bars(list(row), h[:, :, 0, 0], class_colours(h.shape[1]) if last else [ACCENT])
    for axes in panels[-1]:
        axes.set_xlabel("neuron")
    figure.align_ylabels(panels[:, 0])
    return figure


def _chosen(evaluation: "Evaluation") -> list[int]:
    """Return samples of classes that lie apart, at most five."""
    found = examples(evaluation)
    places = np.linspace(0, len(found) - 1, min(_COLUMNS, len(found)))
    return [found[round(place)] for place in places]


def _height(h: Floats) -> float:
    """Return the height of a row, where 1 is about the width of a panel."""
    if not _has_maps(h):
        return 0.6
    _, neurons, high, wide = map(int, h.shape)
    columns = columns_for(h[0])
    return 0.1 + -(-neurons // columns) * high / (columns * wide)


def _has_maps(h: Floats) -> bool:
    return h.shape[2:] != (1, 1)


def _title(evaluation: "Evaluation", sample: int) -> str:
    names = evaluation.dataset.classes
    label, found = evaluation.labels[sample], evaluation.predictions[sample]
    wrong = f", taken for {names[found]}" if found not in (label, -1) else ""
    return f"class {names[label]}{wrong}"


def _images(figure: Figure, row: list[Axes], images: Floats, signed: bool) -> None:
    """Show what the network sees, ``[samples, height, width(, 3)]``; colours have no key."""
    row[0].set_ylabel("image")
    for axes, image in zip(row, images, strict=True):
        shown = show(axes, image, signed, float(np.abs(images).max()))
    if images.ndim == 3:
        label = "light − dark" if signed else "input"
        scale(figure, shown, label, ax=row, **_BESIDE)


def _maps(figure: Figure, row: list[Axes], h: Floats) -> None:
    """Show ``h [samples, neurons, rows, columns]``, a panel for each sample, a map a neuron."""
    limit = float(np.quantile(h, 0.999))
    for axes, maps in zip(row, h, strict=True):
        shown = show(axes, montage(maps, columns_for(maps)), False, limit)
        axes.set_facecolor(tint(ACCENT, 0.2))  # between the maps
    scale(figure, shown, "h", ax=row, extend="max", **_BESIDE)


def _bars(row: list[Axes], h: Floats, colours: list[str]) -> None:
    """Show ``h [samples, neurons]``."""
    for axes, values in zip(row, h, strict=True):
        axes.bar(np.arange(len(values)), values, width=0.8, color=colours, lw=0)
        axes.set_ylim(0, 1.05 * float(h.max()))
        axes.tick_params(labelleft=axes is row[0])
