"""The update that a rule makes of one batch, against the true gradient."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from snnrun.plots.names import in_order, tensor_titles
from snnrun.plots.panels import letter, row_of_panels
from snnrun.plots.style import INK

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

_TICKS = np.array([-1000, -100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100, 1000])


def draw(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer: how many synapses have such an update and such a gradient.

    Each is divided by its root mean square, so on the dashed line they are equal but for a factor.
    The true gradient is that of backpropagation through time with surrogate derivatives.
    """
    found = evaluation.of("agreement")
    names = in_order({name.rpartition("/")[0] for name in found})
    figure, panels = row_of_panels(len(names), 52)
    titles = tensor_titles(evaluation.experiment, names)
    for axes, name, title in zip(panels, names, titles, strict=True):
        _pairs(figure, axes, found[f"{name}/pairs"], found[f"{name}/edges"])
        axes.set_title(f"{title}: {found[f'{name}/angle']:.0f}° apart")
        axes.set_xlabel("true gradient / its rms")
        axes.set_ylabel("update / its rms")
    letter(panels)
    return figure


def _pairs(
    figure: Figure, axes: Axes, pairs: NDArray[np.int64], edges: NDArray[np.float64]
) -> None:
    """Draw counts ``[update, truth]``, white where there is none."""
    shown = np.ma.masked_equal(pairs, 0)
    norm = LogNorm(1, max(int(pairs.max()), 2))
    mesh = axes.pcolormesh(edges, edges, shown, cmap="viridis_r", norm=norm, rasterized=True)
    axes.plot(edges[[0, -1]], edges[[0, -1]], color=INK, lw=0.6, ls="--", zorder=0)
    ticks = _TICKS[np.abs(_TICKS) <= edges[-1]]
    for side, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        axes.set(**{f"{side}scale": "asinh", f"{side}lim": edges[[0, -1]]})
        axis.set_major_locator(FixedLocator(ticks.tolist()))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axes.set_box_aspect(1)
    bar = figure.colorbar(mesh, ax=axes, label="synapses", shrink=0.6, pad=0.02)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    bar.outline.set_visible(False)
