"""The Yin-Yang input plane: a grid of points, what the network answers there, and the outline.

The four inputs of a point are x, y and their mirror values 1 - x, 1 - y, all in [0, 1]; see
``snnrun.data.sets.yin_yang`` for the shape.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray

from snnrun.plots.style import INK

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Plane:
    """Answers on a square grid over the disc, rows along y, columns along x; none off the disc.

    predictions: ``[y, x]``, -1 = none.
    labels: spike times of the label neurons ``[y, x, classes]``, inf = no spike.
    hidden: of the first neurons of the first hidden layer, on a coarser grid; None without one.
    layers: how many there are.
    """

    predictions: NDArray[np.integer[Any]]
    labels: Floats | None
    hidden: Floats | None
    layers: int
    r_big: float
    r_small: float


def read(evaluation: "Evaluation") -> Plane:
    """Return what the network answered."""
    data: Any = evaluation.experiment.data
    found = evaluation.of("plane")
    times = found.get("labels"), found.get("hidden")
    layers = int(found["layers"])
    return Plane(found["predictions"], *times, layers, data.r_big, data.r_small)


def disc(plane: Plane, right: float = 0.0, up: float = 0.0) -> Path:
    """Return the rim of the disc, moved by (right, up)."""
    return _arc(plane.r_big + right, plane.r_big + up, plane.r_big)


def outline(plane: Plane, right: float = 0.0, up: float = 0.0) -> Path:
    """Return the borders of yin, yang and dots, moved by (right, up)."""
    big, small = plane.r_big, plane.r_small
    parts = [disc(plane, right, up)]
    for centre, start in ((0.5 * big, 180), (1.5 * big, 0)):
        parts.append(_arc(centre + right, big + up, small))
        parts.append(_arc(centre + right, big + up, 0.5 * big, start, start + 180))
    return Path.make_compound_path(*parts)


def show(
    axes: Axes,
    values: Floats,
    plane: Plane,
    outlines: Path,
    clip: Path,
    tiles: tuple[float, float] = (1, 1),
    **style: Any,
) -> AxesImage:
    """Show ``values`` ``[y, x(, rgb)]`` inside ``clip``, borders on top; x and y equally long.

    tiles: how many planes high and wide the values are.
    """
    height, width = (2 * plane.r_big * size for size in tiles)
    image = axes.imshow(values, extent=(0, width, 0, height), **style)
    image.set_clip_path(clip, axes.transData)
    axes.add_patch(PathPatch(outlines, fill=False, color=INK, lw=0.5, zorder=3))
    margin = 0.02 * plane.r_big
    axes.set_xlim(-margin, width + margin)
    axes.set_ylim(-margin, height + margin)
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    return image


def _arc(x: float, y: float, radius: float, start: float = 0, end: float = 360) -> Path:
    return Path.arc(start, end).transformed(Affine2D().scale(radius).translate(x, y))
