"""Weights over the epochs: every weight that the run kept is a line.

Those of the label layer have a panel for each of its neurons; those of any other layer, which only
imported runs kept, lie in one panel. Shown are the weights that learn: where the network has a
``weight_precision``, it uses the multiple of it that is nearest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from snnrun.plots.panels import epoch_axis, layer_names, legend_below, letter, row_of_panels
from snnrun.plots.style import ACCENT, GREY, INK, LIGHT, class_colours
from snnrun.runs.history import Series, fitting

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_NEURONS = 10  # of a label layer, up to which each has a panel
_STEPS = 60  # of a weight precision, up to which each has a line


@dataclass(frozen=True)
class Layer:
    """A layer whose weights were kept.

    biases: how many of the inputs are biases, the last ones.
    bound: where weights are clipped; step: to whose multiples they are rounded.
    """

    name: str
    kept: Series
    biases: int
    bound: float | None
    step: float | None

    @property
    def span(self) -> tuple[float, float]:
        """The range of the axis: all weights, and the bound unless it is far away."""
        values = self.kept.values[np.isfinite(self.kept.values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (-1.0, 1.0)
        if self.bound is not None and self.bound < 2 * max(-low, high):
            low, high = min(low, -self.bound), max(high, self.bound)
        margin = 0.04 * max(high - low, 1e-6)
        return low - margin, high + margin

    def multiples(self) -> Floats:
        """Return the multiples of the step on the axis; none where they lie too close."""
        if self.step is None:
            return np.empty(0)
        low, high = (limit / self.step for limit in self.span)
        if high - low > _STEPS:
            return np.empty(0)
        return self.step * np.arange(np.ceil(low), np.floor(high) + 1)


def layers(evaluation: "Evaluation") -> Iterator[Layer]:
    """Yield the layers whose weights were kept, from the input on."""
    model: Any = evaluation.experiment.model
    rule: Any = evaluation.experiment.learning
    history = evaluation.run.history()
    names = layer_names(len(model.layers))
    for index, (layer, name) in enumerate(zip(model.layers, names, strict=True)):
        tensor = f"layers.{index}.weights"
        kept = fitting(history, tensor, evaluation.weights[tensor].shape)
        if kept is not None and len(kept.epochs) > 1:
            bound = layer.max_weight or getattr(rule, "max_weight", None)
            yield Layer(name, kept, len(layer.bias_times), bound, model.weight_precision)


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return the panels; None for a run that kept no weights."""
    found, classes = list(layers(evaluation)), evaluation.classes
    model: Any = evaluation.experiment.model
    labels = layer_names(len(model.layers))[-1]
    parts: list[tuple[str, Layer, slice, str]] = []
    for layer in found:
        if layer.name == labels and len(classes) <= _NEURONS:
            for i, (name, colour) in enumerate(
                zip(classes, class_colours(len(classes)), strict=True)
            ):
                parts.append((f"label neuron {name}", layer, slice(i, i + 1), colour))
        else:
            parts.append((layer.name, layer, slice(None), ACCENT))
    if not parts:
        return None
    most = {4: 2}.get(len(parts), 3 if len(parts) < 7 else 5)
    figure, panels = row_of_panels(len(parts), 50, most)
    for place, (axes, (title, layer, neurons, colour)) in enumerate(
        zip(panels, parts, strict=True)
    ):
        _panel(axes, layer, neurons, colour)
        axes.set_title(title)
        if place % most == 0 or layer is not parts[place - 1][1]:
            axes.set_ylabel("weight")
        else:
            axes.tick_params(labelleft=False)
    handles = _legend(found)
    if len(handles) > 1:
        legend_below(figure, handles)
    letter(panels)
    return figure


def _panel(axes: Axes, layer: Layer, neurons: slice, colour: str) -> None:
    """Draw the weights of some neurons of a layer, those of biases on top."""
    epochs, values = layer.kept.epochs, layer.kept.values[:, :, neurons]
    for height in layer.multiples():
        axes.axhline(height, color=LIGHT, lw=0.3, zorder=0)
    for height in (-layer.bound, layer.bound) if layer.bound is not None else ():
        axes.axhline(height, color=INK, lw=0.6, ls="--", zorder=3)
    inputs = values.shape[1] - layer.biases
    _lines(axes, epochs, values[:, :inputs], colour, 0.5)
    _lines(axes, epochs, values[:, inputs:], INK, 0.7)
    axes.set_xlim(epochs[0], epochs[-1])
    axes.set_ylim(layer.span)
    epoch_axis(axes, 5)


def _lines(axes: Axes, epochs: Sequence[int], values: Floats, colour: str, width: float) -> None:
    """Draw ``values [epochs, ...]`` as one image of lines, the paler the more there are."""
    flat = values.reshape(len(epochs), -1).T
    lines = np.stack([np.broadcast_to(epochs, flat.shape), flat], axis=2)
    alpha = min(1.0, max(0.1, 70 / max(len(flat), 1)))
    drawn = LineCollection(list(lines), colors=[colour], lw=width, alpha=alpha, rasterized=True)
    axes.add_collection(drawn)


def _legend(found: Sequence[Layer]) -> list[Line2D]:
    """Say what the lines are; of lines that would lie too close or too far away, the value only."""
    handles = [Line2D([], [], color=GREY, lw=0.7, label="weight")]
    if any(layer.biases for layer in found):
        handles.append(Line2D([], [], color=INK, lw=0.7, label="bias"))
    known: dict[str, Line2D] = {}
    for layer in found:
        if layer.bound is not None:
            style = "--" if layer.bound < layer.span[1] else ""
            name = f"clipped at ±{layer.bound:g}"
            known[name] = Line2D([], [], color=INK, lw=0.6, ls=style, label=name)
        if layer.step is not None:
            style = "-" if layer.multiples().size else ""
            name = f"rounded to multiples of {layer.step:g}"
            known[name] = Line2D([], [], color=LIGHT, lw=0.7, ls=style, label=name)
    return [*handles, *known.values()]
