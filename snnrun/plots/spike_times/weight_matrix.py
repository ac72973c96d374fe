"""Weight matrices of first-spike layers as images: which input drives which neuron, and how.

The longer side of a matrix lies along the page. Biases are inputs too; their weights lie apart from
the others in a band that can be seen, which one row of 785 could not.
"""

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

from snnrun.plots.panels import layer_names, letter, row_of_panels
from snnrun.plots.style import INK, PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_COLOURS = "RdBu_r"  # blue inhibits, red excites
_GAP, _BAND = 0.015, 0.035  # before the biases, and for each of them, in parts of the other inputs
_COLUMN = 3  # layers that lie below each other
_MANY = 500_000  # weights from which an image is thinned to the page


@dataclass(frozen=True)
class Matrix:
    """One layer: ``weights [inputs, neurons]`` and ``biases [biases, neurons]``."""

    weights: Floats
    biases: Floats

    @property
    def lying(self) -> bool:
        """Whether inputs go along the page, because they outnumber the neurons."""
        inputs, neurons = self.weights.shape
        return bool(inputs > neurons)

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
    figure, panels, ticks = _page(found)
    for axes, each, name in zip(panels, found, layer_names(len(found)), strict=True):
        image = show(axes, each, ticks)
        figure.colorbar(image, ax=axes, label="weight", pad=0.01, aspect=12)
        axes.set_title(f"{name}: {_sizes(each)}" if len(found) <= _COLUMN else name)
    last = _across(panels[-1], found[-1])
    if len(classes) <= 20:
        _ticks(last, range(len(classes)), classes)
        last.set_label_text("label neuron")
    letter(panels)
    return figure


def _page(found: Sequence[Matrix]) -> tuple[Figure, list[Axes], int]:
    """Return a figure, a panel for each layer, and how many ticks fit its sides.

    Few layers lie below each other, as high as their shapes ask for; many are tiles.
    """
    if len(found) > _COLUMN:
        rows = -(-len(found) // 3)
        return *row_of_panels(len(found), min(50, 225 / rows)), 4
    heights = [_height(each) for each in found]
    figure = new_figure(PAGE, sum(heights))
    panels = figure.subplots(len(found), 1, squeeze=False, height_ratios=heights)
    return figure, list(panels[:, 0]), 8


def matrices(evaluation: "Evaluation") -> list[Matrix]:
    """Return the matrices of all layers, from the input on."""
    settings: Any = evaluation.experiment.model
    found = []
    for index, layer in enumerate(settings.layers):
        weights = evaluation.weights[f"layers.{index}.weights"]
        inputs = len(weights) - len(layer.bias_times)
        found.append(Matrix(weights[:inputs], weights[inputs:]))
    return found


def show(axes: Axes, matrix: Matrix, ticks: int = 8) -> AxesImage:
    """Draw a matrix, its biases apart, and return the image of the former."""
    inputs, neurons = matrix.weights.shape
    image = _image(axes, matrix, matrix.weights, (0, inputs))
    along, across = (axes.xaxis, axes.yaxis) if matrix.lying else (axes.yaxis, axes.xaxis)
    places: list[float] = list(_indices(inputs, ticks))
    names = list(map(str, places))
    if len(matrix.biases):
        _image(axes, matrix, matrix.biases, matrix.band)
        places = [place for place in places if place + 0.5 < 0.95 * inputs or inputs < 20]
        names = [*map(str, places), "bias" if len(matrix.biases) == 1 else "biases"]
        places = [*places, sum(matrix.band) / 2 - 0.5]
    _ticks(along, places, names)
    neuron_places = _indices(neurons, ticks)
    _ticks(across, neuron_places, list(map(str, neuron_places)))
    along.set_label_text("input")
    across.set_label_text("neuron")
    axes.spines[:].set_visible(False)
    axes.set_xlim(0, matrix.end if matrix.lying else neurons)
    axes.set_ylim(neurons if matrix.lying else matrix.end, 0)
    return image


def _image(axes: Axes, matrix: Matrix, part: Floats, place: tuple[float, float]) -> AxesImage:
    """Draw a part of the inputs between two places on their axis, in a frame."""
    start, end = place
    neurons = part.shape[1]
    corner = (start, 0) if matrix.lying else (0, start)
    size = (end - start, neurons) if matrix.lying else (neurons, end - start)
    axes.add_patch(Rectangle(corner, *size, fill=False, ec=INK, lw=0.5, clip_on=False, zorder=3))
    return axes.imshow(
        part.T if matrix.lying else part,
        cmap=_COLOURS,
        vmin=-matrix.limit,
        vmax=matrix.limit,
        extent=(start, end, neurons, 0) if matrix.lying else (0, neurons, end, start),
        origin="upper",
        aspect="auto",
        interpolation="none" if part.size <= _MANY else "auto",
    )


def _across(axes: Axes, matrix: Matrix) -> Axis:
    """Return the axis of neurons."""
    return axes.yaxis if matrix.lying else axes.xaxis


def _indices(number: int, most: int) -> list[int]:
    """Return round indices, about ``most`` of 0 to ``number - 1``."""
    ticks = MaxNLocator(most, integer=True).tick_values(0, number - 1)
    return [int(tick) for tick in ticks if 0 <= tick < number]


def _ticks(axis: Axis, places: Sequence[float], names: Sequence[str]) -> None:
    """Name rows or columns in their middle."""
    axis.set_ticks([place + 0.5 for place in places], names)


def _height(matrix: Matrix) -> float:
    """Return the height of a panel in mm: by the shape of the matrix, within what is readable."""
    short, long = sorted(map(int, matrix.weights.shape))
    return min(max(22 + 4.0 * short, 34), 22 + 140 * max(short / long, 0.1), 75)


def _sizes(matrix: Matrix) -> str:
    """Say how many weights there are.

    Example:
        >>> _sizes(Matrix(np.zeros((4, 120)), np.zeros((1, 120))))
        '4 inputs + 1 bias → 120 neurons'
    """
    (inputs, neurons), biases = matrix.weights.shape, len(matrix.biases)
    more = f" + {biases} bias{'es' if biases > 1 else ''}" if biases else ""
    return f"{inputs:,} inputs{more} → {neurons:,} neurons"
