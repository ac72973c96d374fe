"""Step sizes of Spike-By-Spike layers that depend on the place of the spike, as learned."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.keys import scale
from snnrun.plots.names import sbs_names
from snnrun.plots.panels import letter, row_of_panels
from snnrun.plots.pictures import montage, show

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a map for each layer: a pixel for each position, or a tile of those of its kernel."""
    found = {
        int(name.split(".")[1]): values
        for name, values in evaluation.weights.items()
        if name.endswith(".epsilon_xy")
    }
    if not found:
        return None
    figure, panels = row_of_panels(len(found), 58)
    names = sbs_names(evaluation.experiment)
    for axes, (index, values) in zip(panels, sorted(found.items()), strict=True):
        shown = show(axes, _map(values), signed=False)
        axes.set_title(f"{names[index]}: {' × '.join(map(str, values.shape))}")
        scale(figure, shown, "step size", ax=axes, shrink=0.8)
    letter(panels)
    return figure


def _map(values: Floats) -> Floats:
    """Return one image of step sizes ``[rows, columns]``, or with rows and columns of kernels."""
    if values.ndim == 2:
        return values
    return montage(values.reshape(-1, *values.shape[2:]), values.shape[1])
