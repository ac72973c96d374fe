"""How active each layer of a network is."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.plots.network.bars import layer_axis, titles
from snnrun.plots.panels import legend_below, letter
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure
from snnrun.runs.layers import rows

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

#: Name in the measure -> label of a legend, marker, colour.
_SHARES = {
    "silent": ("without a spike", "o", GREY),
    "dead": ("without one in any sample", "x", INK),
    "saturated": ("always spiking", "^", "#0b3330"),
    "hit": ("felt by the surrogate", "s", ACCENT),
}


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return spike density and shares of silent, saturated and felt neurons of each layer."""
    layers = rows(evaluation.of("activity"))
    if not layers:
        return None
    figure = new_figure(PAGE, 60)
    density, shares = figure.subplots(1, 2, width_ratios=(1, 1.2))
    places = np.arange(len(layers))
    values = [each["density"] for each in layers.values()]
    density.bar(places, values, width=min(0.6, 0.12 * len(layers)), color=ACCENT)
    steps = any(np.isfinite(each["saturated"]) for each in layers.values())
    density.set_ylabel("spikes per neuron and step" if steps else "spikes per neuron")
    density.set_ylim(0, 1.1 * max(values) or 0.01)
    sent = sum(each["spikes"] for each in rows(evaluation.of("spikes")).values())
    density.set_title(f"{sent:,.0f} spikes a sample")
    _draw_shares(shares, list(layers.values()))
    for axes in (density, shares):
        layer_axis(axes, titles(evaluation.experiment, layers))
    legend_below(figure, columns=4, loc="outside lower right")
    letter((density, shares))
    return figure


def _draw_shares(axes: Axes, layers: list[dict[str, float]]) -> None:
    places = np.arange(len(layers))
    for name, (label, marker, colour) in _SHARES.items():
        percent = 100 * np.array([each[name] for each in layers])
        if np.isfinite(percent).any():
            style: dict[str, Any] = {"color": colour, "marker": marker, "ms": 4, "lw": 0.6}
            axes.plot(places, percent, label=label, clip_on=False, **style)
    axes.set_ylabel("share (%)")
    axes.set_ylim(0, 100)
