"""Weights of Spike-By-Spike layers: p(s | i), of the input s of a patch given the neuron i.

Layers with many neurons or channels show some neurons, each with its strongest inputs: the
channels k with the largest p(k | i), the sum of p(s | i) over the places s of the kernel.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.keys import scale_below
from snnrun.plots.names import sbs_names
from snnrun.plots.panels import letter
from snnrun.plots.pictures import (
    TILES,
    below_each_other,
    montage,
    neuron_tiles,
    pixel_of,
    show,
    some,
)
from snnrun.plots.style import points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
NEURONS, INPUTS = 20, 4  # that are shown of a large layer
_LINE = 2.8  # mm, of a row that has a label


def kernels(evaluation: "Evaluation") -> dict[str, Floats]:
    """Return the weights of each layer that has some, ``[neurons, channel, kernel rows, kernel
    columns]``, by the name of its place, layers.<n>.
    """
    experiment = evaluation.experiment
    model: Any = experiment.model
    found = {}
    for index, (layer, before, _) in enumerate(model.shapes(experiment.model_input)):
        if layer.weighted:
            weights = evaluation.weights[f"layers.{index}.weights"]
            shape = weights.shape[1], -1, *layer.kernel_size(before)
            found[f"layers.{index}"] = weights.T.reshape(shape)
    return found


def draw(evaluation: "Evaluation") -> Figure:
    """Return a panel for each layer: its kernels; a grid of them where it sees many channels."""
    names, found = sbs_names(evaluation.experiment), kernels(evaluation)
    first = "layers.0" in found
    images = [
        neuron_tiles(values, evaluation) if first and not index else (_grid(values), False)
        for index, values in enumerate(found.values())
    ]
    single = [_LINE if values.shape[2:] == (1, 1) else 0.0 for values in found.values()]
    around = [19.0 if first and not index else 25.0 for index in range(len(images))]
    figure, panels = below_each_other([image for image, _ in images], around, single)
    for index, (axes, place, (image, signed)) in enumerate(zip(panels, found, images, strict=True)):
        values = found[place]
        shown = show(axes, image, signed, float(np.nanquantile(np.abs(image), 0.99)))
        if first and not index:
            text = _title(values, min(TILES, len(values)), values.shape[1])
        else:
            text = _label(axes, values)
        title = names[int(place.split(".")[1])]
        axes.set_title(f"{title}: {text}")
        if title == "label layer":
            _name_labels(axes, values, evaluation.classes)
        label = "p(light | i) − p(dark | i)" if signed else "p(s | i)"
        gap = 10 if axes.get_xlabel() else 3
        scale_below(figure, shown, label, gap, "both" if signed else "max")
    letter(panels)
    return figure


def is_large(values: Floats) -> bool:
    """Tell whether kernels ``[neurons, channel, rows, columns]`` are too many to show them all."""
    neurons, channels, height, width = values.shape
    return int(max(neurons, channels)) > (TILES if height == width == 1 else 12)


def strongest(values: Floats) -> NDArray[np.int64]:
    """Return the channels that lead to each neuron, ``[neurons, channels]``, the strongest first.

    Example:
        >>> shares = np.array([[0.1, 0.6, 0.3], [0.5, 0.1, 0.4]])
        >>> strongest(shares[:, :, None, None]).tolist()
        [[1, 2, 0], [0, 2, 1]]
    """
    return np.argsort(-values.sum(axis=(2, 3)), axis=1, kind="stable")


def _grid(values: Floats) -> Floats:
    """Return kernels in one image: a column a neuron; or all, the longer side across."""
    neurons, channels, height, width = values.shape
    if is_large(values):
        first = values[:NEURONS]
        channels_of = strongest(first)[:, :INPUTS]
        tiles = np.stack([first[np.arange(len(first)), each] for each in channels_of.T])
        image = montage(tiles.reshape(-1, height, width), len(first), 1, _between(height))
        return np.pad(image, ((_between(height), 0), (0, 0)), constant_values=np.nan)
    order = values.transpose(1, 0, 2, 3) if neurons >= channels else values
    gap = 0 if height == width == 1 else 1
    return montage(order.reshape(-1, height, width), max(neurons, channels), gap)


def _between(height: int) -> int:
    """Return how many rows of pixels stay free for a number above each tile."""
    return -(-2 * height // 5)


def _label(axes: Axes, values: Floats) -> str:
    """Name the sides of a grid, and the channels of a large layer; return what it shows."""
    neurons, channels, height, width = values.shape
    if not is_large(values):
        sides = ("neuron", "input channel")
        wide, high = sides if neurons >= channels else sides[::-1]
        _count(axes, values)
        axes.set_xlabel(wide)
        axes.set_ylabel(high)
        return _title(values, neurons, channels)
    shown, order = min(NEURONS, neurons), strongest(values[:NEURONS])[:, :INPUTS]
    rows = height + _between(height)
    for (neuron, rank), channel in np.ndenumerate(order):
        place = neuron * (width + 1) + (width - 1) / 2, rank * rows + _between(height) - 0.6
        axes.text(*place, str(channel), ha="center", va="bottom", fontsize=points(5))
    axes.set_xticks(np.arange(shown) * (width + 1) + (width - 1) / 2, list(map(str, range(shown))))
    axes.set_xlabel("neuron")
    axes.set_ylabel("input channels, strongest first")
    axes.tick_params(length=0)
    return _title(values, shown, order.shape[1])


def _count(axes: Axes, values: Floats) -> None:
    """Number the neurons and channels of a whole grid."""
    neurons, channels, height, width = values.shape
    gap = 0 if height == width == 1 else 1
    across, down = max(neurons, channels), min(neurons, channels)
    wide, high = pixel_of(axes)
    for number, size, mm, put, room in (
        (across, width, wide, axes.set_xticks, 1.6 * len(str(across - 1)) + 1.0),
        (down, height, high, axes.set_yticks, 0.99 * _LINE),
    ):
        every = next((n for n in (1, 2, 5, 10) if n * mm * (size + gap) >= room), 20)
        chosen = np.arange(0, number, every)
        put(chosen * (size + gap) + (size - 1) / 2, list(map(str, chosen)))
    axes.tick_params(length=0)


def _name_labels(axes: Axes, values: Floats, names: Sequence[str]) -> None:
    """Give the neurons of a label layer the names of their classes, where there is room for all."""
    neurons, _, height, width = values.shape
    across, down = axes.get_xlabel() == "neuron", axes.get_ylabel() == "neuron"
    if across:
        axes.set_xlabel("label neuron")
    if down:
        axes.set_ylabel("label neuron")
    gap, size = (0 if height == width == 1 else 1), (width if across else height)
    mm = pixel_of(axes)[0 if across else 1] * (size + gap)
    room = 1.6 * max(map(len, names), default=0) + 1.0 if across else 0.99 * _LINE
    if len(names) == neurons and (across or down) and mm >= room:
        places = np.arange(neurons) * (size + gap) + (size - 1) / 2
        (axes.set_xticks if across else axes.set_yticks)(places, names)


def _title(values: Floats, neurons: int, inputs: int) -> str:
    """Return how many neurons are shown, with how many inputs, and the size of a kernel."""
    whole, channels, height, width = values.shape
    text = some(neurons, whole)
    if inputs < channels:
        return f"{text}, {inputs} strongest of {channels} input channels each, {height} × {width}"
    return f"{text}, {channels} × {height} × {width}"
