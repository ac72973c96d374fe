"""Spikes of all groups of a graph while single samples are shown."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots.keys import scale
from snnrun.plots.panels import letter
from snnrun.plots.pictures import show
from snnrun.plots.style import GREY, INK, PAGE, class_colours, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

MOST = 100  # inputs that a raster can show apart
_SHORT = 4  # letters of a class, twice of which fit on a line above a panel
Arrays = dict[str, NDArray[Any]]


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a column for each sample, a row for each group, the input at the bottom.

    Neurons that answer have the colour of the class that they stand for, grey if of none. Of more
    than 100 inputs, images of how often each spikes, where samples are images; else 100 of those
    that spike at all.
    """
    found = evaluation.of("event_examples")
    if "sizes" not in found:
        return None
    model: Any = evaluation.experiment.model
    given, others = model.input_name, [n for n in model.neurons if n != model.input_name]
    sizes = dict(zip([given, *others], found["sizes"].tolist(), strict=True))
    shape = _image(evaluation) if sizes[given] > MOST else ()
    rows, labels = [*reversed(others), given], found["labels"]
    heights = [1.0] * len(others) + [1.2 if shape else 1.4]
    figure = new_figure(PAGE * max(len(labels), 3) / 5, 12 + 32 * sum(heights))
    panels = figure.subplots(
        len(rows), len(labels), sharey="row", squeeze=False, height_ratios=heights
    )
    for name, line in zip(rows, panels, strict=True):
        if name == given and shape:
            _draw_images(figure, line, found, name, shape)
        else:
            _draw_rasters(evaluation, line, found, name, sizes[name])
    _mark_time(panels[:-1] if shape else panels, found["steps"] * model.dt)
    names, between = (*evaluation.classes, "none"), ", "
    if max(map(len, names)) > _SHORT:
        between = "\n"
    for axes, label, answer in zip(panels[0], labels, found["predictions"], strict=True):
        axes.set_title(f"class {names[label]}{between}answer {names[answer]}", pad=10)
    letter(panels[0])
    return figure


def _image(evaluation: "Evaluation") -> tuple[int, ...]:
    """Return the shape of the input ``(channel, height, width)``; () if it is no image."""
    shape = evaluation.experiment.encoder.output_shape(evaluation.experiment.sample_shape)
    return shape if len(shape) == 3 and min(shape[1:]) > 1 else ()


def _spikes(found: Arrays, name: str, example: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return steps and neurons of the spikes of a group in a sample."""
    own = slice(*found[f"{name}/starts"][example : example + 2])
    return found[f"{name}/steps"][own], found[f"{name}/places"][own]


def _draw_rasters(
    evaluation: "Evaluation", line: Sequence[Axes], found: Arrays, name: str, size: int
) -> None:
    """Draw a dash for each spike; of many inputs, some lie beside each other in their order."""
    model: Any = evaluation.experiment.model
    answering: Any = evaluation.experiment.learning
    chosen = np.arange(size)
    if name == model.input_name and size > MOST:
        chosen = _thinned(np.unique(found[f"{name}/places"]))
    most = max(1, len(chosen))
    shades = np.array([*class_colours(len(evaluation.classes)), GREY])
    answers = name == answering.readout
    of_class = shades[evaluation.of("assignments")["classes"]] if answers else None
    for example, axes in enumerate(line):
        steps, places = _spikes(found, name, example)
        shown = np.isin(places, chosen)
        times, places = steps[shown] * model.dt, places[shown]
        colours = INK if of_class is None else of_class[places]
        big = 9.0 if size <= MOST or answers else 2.0
        at = np.searchsorted(chosen, places)
        axes.scatter(times, at, s=big, c=colours, marker="|", linewidths=0.7)
        axes.set_ylim(-0.5 - 0.03 * most, 1.03 * most - 0.5)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    some = f"{len(chosen)} of {size}" if len(chosen) < size else str(size)
    line[0].set_ylabel(f"{name} ({some})")


def _thinned(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return at most 100 of numbers, evenly."""
    places = np.linspace(0, len(numbers) - 1, min(MOST, len(numbers)))
    thinned: NDArray[Any] = numbers[places.round().astype(int)]
    return thinned


def _draw_images(
    figure: Figure, line: Sequence[Axes], found: Arrays, name: str, shape: tuple[int, ...]
) -> None:
    """Draw how often each input spikes, where it lies; channels are summed."""
    counts = [
        np.bincount(_spikes(found, name, example)[1], minlength=math.prod(shape))
        for example in range(len(line))
    ]
    most = float(np.max(counts))
    for axes, each in zip(line, counts, strict=True):
        shown = show(axes, each.reshape(shape).sum(0).astype(float), False, most)
    line[0].set_ylabel(f"{name} ({' × '.join(map(str, shape[-2:]))})")
    scale(figure, shown, "spikes", ax=list(line), location="bottom", shrink=0.3, aspect=25)


def _mark_time(panels: NDArray[Any], ms: float) -> None:
    """Give rasters the same time, told below the lowest."""
    for axes in panels.flat:
        axes.set_xlim(0, ms)
        axes.tick_params(labelbottom=axes in panels[-1])
    for axes in panels[-1]:
        axes.set_xlabel("time (ms)")
