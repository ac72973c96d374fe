"""How active each layer of a network is."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.network.bars import layer_axis, layers_of, titles
from snnrun.plots.panels import legend_below, letter
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, PAGE, new_figure
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
_SMALL = 40  # percent, up to which an axis that ends at 100 would be mostly blank


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return spike density and shares of silent, saturated and felt neurons of each layer.

    Where no neuron is any of these, there is no panel of shares; the title says so.
    """
    layers = layers_of(evaluation, evaluation.of("activity"))
    if not layers:
        return None
    shares = _shares(list(layers.values()))
    panels = 1 + any(np.nanmax(share) > 0 for share in shares.values())
    figure = new_figure(PAGE if panels > 1 else COLUMN, 60)
    axes = list(figure.subplots(1, panels, width_ratios=(1, 1.2)[:panels], squeeze=False)[0])
    places = np.arange(len(layers))
    values = [each["density"] for each in layers.values()]
    axes[0].bar(places, values, width=min(0.6, 0.12 * len(layers)), color=ACCENT)
    steps = "saturated" in shares
    axes[0].set_ylabel("spikes per neuron and step" if steps else "spikes per neuron")
    axes[0].set_ylim(0, 1.1 * max(values) or 0.01)
    sent = sum(each["spikes"] for each in rows(evaluation.of("spikes")).values())
    title = f"{sent:,.0f} spikes a sample"
    if panels > 1:
        _draw_shares(axes[1], shares)
        legend_below(figure, columns=4, loc="outside lower right")
    else:
        title += f", no neuron silent{' or saturated' if steps else ''}"
    axes[0].set_title(title)
    for each in axes:
        layer_axis(each, titles(evaluation.experiment, layers))
    letter(axes)
    return figure


def _shares(layers: list[dict[str, float]]) -> dict[str, NDArray[np.float64]]:
    """Return the shares that were measured in any layer, in percent of its neurons."""
    every = {name: 100 * np.array([each[name] for each in layers]) for name in _SHARES}
    return {name: share for name, share in every.items() if np.isfinite(share).any()}


def _draw_shares(axes: Axes, shares: dict[str, NDArray[np.float64]]) -> None:
    """Draw the shares on an axis up to 100 %, or of which little is blank where all are small."""
    for name, share in shares.items():
        label, marker, colour = _SHARES[name]
        style: dict[str, Any] = {"color": colour, "marker": marker, "ms": 4, "lw": 0.6}
        axes.plot(np.arange(len(share)), share, label=label, clip_on=False, **style)
    highest = max(np.nanmax(share) for share in shares.values())
    axes.set_ylabel("share (%)")
    axes.set_ylim(0, 100 if highest > _SMALL else max(1.2 * highest, 5))
