"""Spike-By-Spike networks at work: the activities h of every layer for a few images."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.keys import scale
from snnrun.plots.names import sbs_names
from snnrun.plots.pictures import columns_for, montage, picture, show
from snnrun.plots.style import ACCENT, LIGHT, PAGE, new_figure, tint

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_MAPS = 12  # of a layer, which can be told apart in print
_ACROSS, _APART = 158.0, 3.0  # mm, of all panels of a row, between them
_TITLE, _LINE = 6.0, 5.0  # mm, of a title, of a line of labels
_BESIDE: dict[str, Any] = {"aspect": 15, "fraction": 0.02, "panchor": False}


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each of at most five images, a row for each layer, from the image down.

    Maps of neurons share one scale in a row; a layer with one position is shown as bars.
    """
    found = evaluation.of("activity_examples")
    if not found:
        return None
    rows = _rows(evaluation, found)
    examples = len(found["numbers"])
    width = _ACROSS / examples - _APART
    high, wide = found["input"].shape[2:]
    heights = [width * min(high / wide, 1.5), *(_height(h, width) for _, h, _ in rows)]
    labels = [_TITLE, *(_LINE if _has_maps(h) else 2 * _LINE for _, h, _ in rows)]
    figure = new_figure(PAGE, sum(heights) + sum(labels) + _LINE)
    panels = figure.subplots(len(heights), examples, squeeze=False, height_ratios=heights)
    for axes, label, predicted in zip(
        panels[0], found["labels"], found["predictions"], strict=True
    ):
        axes.set_title(_title(evaluation, label, predicted))
    _images(figure, list(panels[0]), *picture(found["input"], evaluation))
    for (name, h, neurons), row in zip(rows, panels[1:], strict=True):
        short = name.replace(" layer", "")
        row[0].set_ylabel(_label(short, h, neurons))
        if _has_maps(h):
            _maps(figure, list(row), h)
        else:
            last = short == "label"
            _bars(list(row), h[:, :, 0, 0], found["labels"] if last else None)
            for axes in row if last and len(evaluation.classes) <= 10 else ():
                axes.set_xticks(range(len(evaluation.classes)), evaluation.classes)
    for axes in panels[-1]:
        axes.set_xlabel("label neuron" if short == "label" else "neuron")
    figure.align_ylabels(panels[:, 0])
    return figure


def _rows(evaluation: "Evaluation", found: dict[str, Floats]) -> list[tuple[str, Floats, int]]:
    """Return name, activities and number of neurons of the layers that are shown: those with
    weights, and those that draw spikes.
    """
    model: Any = evaluation.experiment.model
    named = zip(sbs_names(evaluation.experiment), model.layers, strict=True)
    return [
        (name, found[f"layer_{index}"], int(found["neurons"][index]))
        for index, (name, layer) in enumerate(named)
        if layer.weighted or hasattr(layer, "spikes")
    ]


def _label(short: str, h: Floats, neurons: int) -> str:
    """Return what stands beside a row: its shape, and of how many neurons some are shown."""
    number = len(_strongest(h)) if _has_maps(h) else h.shape[1]
    shown = str(neurons) if number == neurons else f"{number} of {neurons}"
    if not _has_maps(h):
        return f"{short} ({shown})\nh"
    return f"{short}\n" + " × ".join([shown, *map(str, h.shape[2:])])


def _strongest(h: Floats) -> NDArray[np.int64]:
    """Return the numbers of the neurons whose maps are shown, ascending: those with most of h."""
    return np.sort(np.argsort(-h.sum(axis=(0, 2, 3)), kind="stable")[:_MAPS])


def _height(h: Floats, width: float) -> float:
    """Return the height of a row of panels of this width, mm."""
    if not _has_maps(h):
        return 14.0
    maps = h[0, _strongest(h)]
    rows, columns = montage(maps, columns_for(maps)).shape
    return float(width * rows / columns)


def _has_maps(h: Floats) -> bool:
    return h.shape[2:] != (1, 1)


def _title(evaluation: "Evaluation", label: int, found: int) -> str:
    names = evaluation.classes
    return f"class {names[label]}, " + (f"answer {names[found]}" if found >= 0 else "no answer")


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
    h = h[:, _strongest(h)]
    limit = float(np.quantile(h, 0.999))
    for axes, maps in zip(row, h, strict=True):
        shown = show(axes, montage(maps, columns_for(maps)), False, limit)
        axes.set_facecolor(tint(ACCENT, 0.2))  # between the maps
    scale(figure, shown, "h", ax=row, extend="max", **_BESIDE)


def _bars(row: list[Axes], h: Floats, labels: NDArray[np.integer[Any]] | None) -> None:
    """Show ``h [samples, neurons]``; of label neurons, that of the true class stands out."""
    for place, (axes, values) in enumerate(zip(row, h, strict=True)):
        true = np.arange(len(values)) == labels[place] if labels is not None else values >= 0
        colours = np.where(true, ACCENT, LIGHT).tolist()
        axes.bar(np.arange(len(values)), values, width=0.8, color=colours, lw=0)
        axes.set_ylim(0, 1.05 * float(h.max()))
        axes.tick_params(labelleft=axes is row[0])
