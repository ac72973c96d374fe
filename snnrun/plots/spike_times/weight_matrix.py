"""Weights of first-spike layers as images: which input drives which neuron, and how.

A row is a neuron, a column an input, in all layers. Biases are inputs too; their weights lie apart
from the others in a band that can be seen, which one column of 785 could not. Of a layer that sees
images, the weights of a neuron are an image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.plots import pictures
from snnrun.plots.panels import layer_names, letter, row_of_panels
from snnrun.plots.style import INK, PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_COLOURS = "RdBu_r"  # blue inhibits, red excites
_GAP, _BAND = 0.015, 0.035  # before the biases, and for each of them, in parts of the other inputs
_COLUMN = 3  # layers that lie below each other
_MANY = 500_000  # weights from which an image is thinned to the page
_FIELDS, _BESIDE = 100, 20  # images of neurons, and how many of them beside each other
_LETTERS = {4: 24, 8: 95}  # that fit below a panel of so many ticks
_SORTED = 24  # inputs, from which those of a label layer are sorted


@dataclass(frozen=True)
class Matrix:
    """One layer: ``weights [inputs, neurons]`` and ``biases [biases, neurons]``.

    ordered: whether the inputs are in the order of the neurons that they drive most.
    """

    weights: Floats
    biases: Floats
    ordered: bool = False

    @property
    def band(self) -> tuple[float, float]:
        """Where the biases begin and end on the axis of inputs, which itself ends at ``inputs``."""
        inputs, (number, _) = len(self.weights), self.biases.shape
        start = inputs + max(_GAP * inputs, 0.15)
        return start, start + number * max(_BAND * inputs, 0.3)

    @property
    def end(self) -> float:
        """The end of the axis of inputs."""
        return self.band[1] if len(self.biases) else float(len(self.weights))

    @property
    def limit(self) -> float:
        """The end of the colour scale, which a few outliers exceed."""
        every = np.abs(np.concatenate([self.weights, self.biases]))
        return float(np.percentile(every, 99.8)) or 1.0


def draw(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer, each on a colour scale symmetric about 0."""
    found, classes = matrices(evaluation), evaluation.classes
    fields = fields_of(evaluation, found[0], _BESIDE if len(found) <= _COLUMN else 0)
    figure, panels, ticks = _page(found, fields)
    for axes, each, name in zip(panels, found, layer_names(len(found)), strict=True):
        if fields is not None and axes is panels[0]:
            image = pictures.show(axes, fields, True, each.limit)
            text = pictures.some(min(_FIELDS, each.weights.shape[1]), each.weights.shape[1])
            text += f", the weights of their {len(each.weights):,} inputs where the pixels are"
        else:
            image, text = show(axes, each, ticks), _sizes(each)
        figure.colorbar(image, ax=axes, label="weight", pad=0.01, aspect=12)
        axes.set_title(f"{name}: {text}" if len(found) <= _COLUMN else name)
    if len(classes) <= 20 and panels[-1].get_ylabel():
        _ticks(panels[-1].yaxis, range(len(classes)), classes)
        panels[-1].set_ylabel("label neuron")
    letter(panels)
    return figure


def fields_of(evaluation: "Evaluation", first: Matrix, beside: int) -> Floats | None:
    """Return the weights of the first layer as an image for each of the strongest neurons, in one
    image, so many beside each other, 0 for a square; None where its inputs are no image.
    """
    shape = evaluation.experiment.sample_shape
    if len(shape) != 3 or min(shape[1:]) < 2 or math.prod(shape) != len(first.weights):
        return None
    strength = np.abs(first.weights).sum(axis=0)
    chosen = np.sort(np.argsort(-strength, kind="stable")[:_FIELDS])
    tiles, _ = pictures.picture(first.weights.T[chosen].reshape(-1, *shape), evaluation)
    if tiles.ndim == 4:  # colours
        return None
    return pictures.montage(tiles, min(beside or math.isqrt(len(tiles) - 1) + 1, len(tiles)))


def _page(found: Sequence[Matrix], fields: Floats | None) -> tuple[Figure, list[Axes], int]:
    """Return a figure, a panel for each layer, and how many ticks fit its sides.

    Few layers lie below each other, as high as their shapes ask for; many are tiles.
    """
    if len(found) > _COLUMN:
        rows = -(-len(found) // 3)
        return *row_of_panels(len(found), min(50, 225 / rows)), 4
    heights = [_height(each) for each in found]
    if fields is not None:
        heights[0] = 8 + 150 * fields.shape[0] / fields.shape[1]
    figure = new_figure(PAGE, sum(heights))
    panels = figure.subplots(len(found), 1, squeeze=False, height_ratios=heights)
    return figure, list(panels[:, 0]), 8


def matrices(evaluation: "Evaluation") -> list[Matrix]:
    """Return the matrices of all layers, from the input on.

    Inputs of a label layer that are many are sorted, so that it can be seen what drives a class.
    """
    settings: Any = evaluation.experiment.model
    found = []
    for index, layer in enumerate(settings.layers):
        weights = evaluation.weights[f"layers.{index}.weights"]
        inputs = len(weights) - len(layer.bias_times)
        found.append(Matrix(weights[:inputs], weights[inputs:]))
    last = found[-1].weights
    if len(found) > 1 and len(last) > _SORTED:
        order = np.lexsort((-last.max(axis=1), last.argmax(axis=1)))
        found[-1] = Matrix(last[order], found[-1].biases, ordered=True)
    return found


def show(axes: Axes, matrix: Matrix, ticks: int = 8) -> AxesImage:
    """Draw a matrix, its biases apart, and return the image of the former."""
    inputs, neurons = matrix.weights.shape
    image = _image(axes, matrix, matrix.weights, (0, inputs))
    places: list[float] = list(_indices(inputs, ticks)) if not matrix.ordered else []
    names = list(map(str, places))
    if len(matrix.biases):
        _image(axes, matrix, matrix.biases, matrix.band)
        name, middle = "bias" if len(matrix.biases) == 1 else "biases", sum(matrix.band) / 2 - 0.5
        room = (len(name) + 5) / _LETTERS[ticks] * matrix.end
        places = [place for place in places if middle - place > room / 2]
        names = [*map(str, places), name]
        places = [*places, middle]
    _ticks(axes.xaxis, places, names)
    neuron_places = _indices(neurons, ticks)
    _ticks(axes.yaxis, neuron_places, list(map(str, neuron_places)))
    more = ", sorted by the neuron that it drives most" if matrix.ordered else ""
    axes.set_xlabel(f"input{more}")
    axes.set_ylabel("neuron")
    axes.spines[:].set_visible(False)
    axes.set_xlim(0, matrix.end)
    axes.set_ylim(neurons, 0)
    return image


def _image(axes: Axes, matrix: Matrix, part: Floats, place: tuple[float, float]) -> AxesImage:
    """Draw a part of the inputs between two places on their axis, in a frame."""
    start, end = place
    neurons = part.shape[1]
    frame = Rectangle((start, 0), end - start, neurons, fill=False, ec=INK, lw=0.5, zorder=3)
    frame.set_clip_on(False)
    axes.add_patch(frame)
    return axes.imshow(
        part.T,
        cmap=_COLOURS,
        vmin=-matrix.limit,
        vmax=matrix.limit,
        extent=(start, end, neurons, 0),
        origin="upper",
        aspect="auto",
        interpolation="none" if part.size <= _MANY else "auto",
    )


def _indices(number: int, most: int) -> list[int]:
    """Return round indices, about ``most`` of 0 to ``number - 1``."""
    ticks = MaxNLocator(most, integer=True).tick_values(0, number - 1)
    return [int(tick) for tick in ticks if 0 <= tick < number]


def _ticks(axis: Axis, places: Sequence[float], names: Sequence[str]) -> None:
    """Name rows or columns in their middle."""
    axis.set_ticks([place + 0.5 for place in places], names)


def _height(matrix: Matrix) -> float:
    """Return the height of a panel in mm: by its number of neurons, within what is readable."""
    return float(min(max(22 + 4.0 * matrix.weights.shape[1], 34), 75))


def _sizes(matrix: Matrix) -> str:
    """Say how many weights there are.

    Example:
        >>> _sizes(Matrix(np.zeros((4, 120)), np.zeros((1, 120))))
        '4 inputs + 1 bias → 120 neurons'
    """
    (inputs, neurons), biases = matrix.weights.shape, len(matrix.biases)
    more = f" + {biases} bias{'es' if biases > 1 else ''}" if biases else ""
    return f"{inputs:,} inputs{more} → {neurons:,} neurons"
