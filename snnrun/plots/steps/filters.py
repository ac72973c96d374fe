"""What the first layer of weights responds to: a picture of the weights of each of its neurons.

Of a convolution, the kernel of each channel; of a layer that sees the whole image, all its weights,
each where its pixel is.
"""

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.keys import scale_below
from snnrun.plots.pictures import (
    TILES,
    below_each_other,
    columns_across,
    montage,
    picture,
    show,
)

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def filters(evaluation: "Evaluation") -> Floats | None:
    """Return the first weights, ``[neurons, channel, rows, columns]``; None without images."""
    shape = evaluation.experiment.encoder.output_shape(evaluation.experiment.sample_shape)
    if len(shape) != 3:
        return None
    weights = {
        name: values.T if name.endswith(".weights") else values
        for name, values in evaluation.weights.items()
        if name.startswith("layers.") and values.ndim in (2, 4)
    }
    if not weights:
        return None
    first = weights[min(weights, key=_numbers)]
    if first.ndim == 4:
        return first
    return first.reshape(-1, *shape) if first.shape[1] == math.prod(shape) else None


def _numbers(name: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", name)]


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return the filters, the strongest if they are many, with a scale in common.

    Blue lowers the membrane, red raises it; of colours each filter has its own scale, around grey;
    of events, the channel of rising light counts for and that of falling light against.
    """
    found = filters(evaluation)
    if found is None or math.prod(found.shape[2:]) == 1:
        return None
    order = np.argsort(-np.abs(found).sum(axis=(1, 2, 3)), kind="stable")[:TILES]
    chosen = found[np.sort(order)]
    events = chosen.shape[1] == 2
    tiles = chosen[:, 1] - chosen[:, 0] if events else picture(chosen, evaluation)[0]
    if tiles.ndim == 4:
        largest = np.abs(chosen).max(axis=(1, 2, 3)).reshape(-1, 1, 1, 1)
        tiles = 0.5 + 0.5 * np.moveaxis(chosen, 1, -1) / np.maximum(largest, 1e-30)
    image = montage(tiles, columns_across(tiles))
    figure, (axes,) = below_each_other([image], [20.0])
    shown = show(axes, image, True, float(np.nanquantile(np.abs(image), 0.99)))
    size = " × ".join(map(str, found.shape[2:]))
    number = f"{len(chosen)} of {len(found)}" if len(chosen) < len(found) else f"{len(found)}"
    axes.set_title(f"first layer: {number} filters, {size}")
    if image.ndim == 2:
        label = "weight, on − off" if events else "weight"
        scale_below(figure, shown, label, gap=3, extend="both")
    return figure
