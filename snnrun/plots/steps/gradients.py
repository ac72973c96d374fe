"""The update that a rule makes of one batch, beside the true gradient."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from snnrun.plots.names import in_order, tensor_titles
from snnrun.plots.panels import letter, row_of_panels
from snnrun.plots.style import ACCENT, INK

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Figure:
    """Return one panel for each layer: histograms of both, each divided by its root mean square.

    The true gradient is that of backpropagation through time with surrogate derivatives.
    """
    found = evaluation.of("gradients")
    names = in_order({name.rpartition("/")[0] for name in found})
    figure, panels = row_of_panels(len(names))
    titles = tensor_titles(evaluation.experiment, names)
    for axes, name, title in zip(panels, names, titles, strict=True):
        edges, update, truth = (found[f"{name}/{of}"] for of in ("edges", "update", "truth"))
        axes.stairs(update, edges, fill=True, label="update", color=ACCENT, alpha=0.6)
        axes.stairs(truth, edges, color=INK, lw=0.7, label="true gradient")
        axes.set_yscale("log")
        axes.set_title(f"{title}: {found[f'{name}/angle']:.0f}° apart")
        axes.set_xlabel("gradient / its rms")
        axes.set_ylabel("synapses")
    panels[0].legend()
    letter(panels)
    return figure
