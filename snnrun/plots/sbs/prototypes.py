r"""What each neuron of a Spike-By-Spike layer stands for: the image that its weights lead down to.

Neuron i of a layer stands for the patches :math:`\sum_j p(s | j) p(j | i)`, and so on down to the
image, where pooling may have been at any place of its window. Shown is by how much that differs
from the mean over the neurons of the layer.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.keys import scale_below
from snnrun.plots.names import sbs_names
from snnrun.plots.panels import letter
from snnrun.plots.pictures import (
    TILES,
    below_each_other,
    columns_across,
    neuron_tiles,
    show,
    some,
)

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_KEY = "p(pixel | i), mean neuron subtracted"


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a panel for each layer but the first, whose kernels are what its neurons stand for.

    The tiles of a layer share a scale: red where a pixel is likelier than for the mean neuron.
    """
    found = evaluation.of("prototypes")
    if not found:
        return None
    model: Any = evaluation.experiment.model
    names = sbs_names(evaluation.experiment)
    images = [neuron_tiles(each, evaluation)[0] for each in found.values()]
    figure, panels = below_each_other(images, [20.0] * len(images))
    for axes, (place, values), image in zip(panels, found.items(), images, strict=True):
        index = int(place.removeprefix("layer_"))
        shown = show(axes, image, True, float(np.nanquantile(np.abs(image), 0.99)))
        size = " × ".join(map(str, values.shape[2:]))
        if index == len(model.layers) - 1 and len(values) == len(evaluation.classes):
            _name_tiles(axes, values.shape, evaluation.classes)
        text = some(min(TILES, len(values)), model.layers[index].neurons)
        axes.set_title(f"{names[index]}: {text}, {size} pixels")
        if image.ndim == 2:
            scale_below(figure, shown, _KEY, gap=3, extend="both")
    letter(panels)
    return figure


def _name_tiles(axes: Axes, shape: tuple[int, ...], names: Sequence[str]) -> None:
    """Write the class of each label neuron into a corner of its tile, ``[neurons, channel, rows,
    columns]``.
    """
    number, _, height, width = shape
    columns = columns_across(np.empty((number, height, width)))
    paper = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}
    for index, name in enumerate(names[:TILES]):
        left, top = (width + 1) * (index % columns), (height + 1) * (index // columns)
        axes.text(left - 0.3, top - 0.3, name, ha="left", va="top", fontsize=6, bbox=paper)
