"""Networks that advance in steps: membranes of some hidden neurons while one sample is shown."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.plots.panels import layer_names, letter
from snnrun.plots.spike_times.raster import examples
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.evaluation.evaluate import Evaluation

Floats = NDArray[np.floating[Any]]
_SHOWN = 5  # neurons of a layer


def draw(evaluation: "Evaluation") -> Figure:
    """Return a row for each hidden layer: neurons from the most silent to the busiest."""
    sample = examples(evaluation)[0]
    _, record = evaluation.watch(evaluation.inputs[sample : sample + 1])
    network: Any = evaluation.model
    rows = len(network.layers)
    figure = new_figure(PAGE, 40 * rows + 6)
    panels = figure.subplots(rows, _SHOWN, squeeze=False)
    names = layer_names(rows + 1)
    for line, layer, name, spikes, membranes in zip(
        panels, network.layers, names, record.spikes, record.membranes, strict=False
    ):
        fired = spikes[:, 0].numpy()
        for axes, index in zip(line, spread(fired.sum(0), _SHOWN), strict=False):
            _trace(axes, layer.neuron, membranes[:, 0, index].numpy(), fired[:, index])
            axes.set_title(f"neuron {index}")
        line[0].set_ylabel(f"membrane,\n{name}")
    for axes in panels.ravel():
        axes.set_visible(axes.has_data())
    for axes in panels[-1]:
        axes.set_xlabel("step")
    class_ = evaluation.dataset.classes[evaluation.labels[sample]]
    figure.suptitle(f"{evaluation.split} sample {sample}, class {class_}", fontsize=7)
    letter(axes for axes in panels.ravel() if axes.get_visible())
    return figure


def spread(counts: Floats, number: int) -> list[int]:
    """Return so many neurons, from the fewest spikes to the most, in steps as equal as there are.

    Example:
        >>> spread(np.array([4, 0, 9, 2, 0, 0]), 3)
        [1, 0, 2]
    """
    left, chosen = np.array(counts, float), list[int]()
    for wanted in np.linspace(left.min(), left.max(), min(number, len(left))):
        chosen.append(int(np.argmin(np.abs(left - wanted))))
        left[chosen[-1]] = np.inf
    return sorted(chosen, key=lambda index: counts[index])


def sawtooth(membrane: Floats, spikes: Floats, neuron: Neuron) -> tuple[Floats, Floats]:
    """Return steps and membrane, each step twice: before the reset and after it.

    Example:
        >>> neuron = Neuron(0.0, 1.0, threshold=2.0)
        >>> sawtooth(np.array([1.0, 2.5]), np.array([0.0, 1.0]), neuron)[1].tolist()
        [1.0, 1.0, 2.5, 0.5]
    """
    drops: dict[Reset, Any] = {
        Reset.ZERO: membrane,
        Reset.SUBTRACT: neuron.threshold,
        Reset.SUBTRACT_TWICE: 2 * neuron.threshold,
    }
    after = membrane - spikes * drops[neuron.reset]
    return np.repeat(np.arange(len(membrane)), 2), np.stack([membrane, after], 1).ravel()


def _trace(axes: Axes, neuron: Neuron, membrane: Floats, spikes: Floats) -> None:
    axes.axhline(neuron.threshold, color=GREY, lw=0.6, ls="--")
    axes.plot(*sawtooth(membrane, spikes, neuron), color=INK, lw=0.8)
    fired = np.flatnonzero(spikes)
    axes.plot(fired, membrane[fired], ".", color=ACCENT, ms=4)
    axes.set_xlim(-0.5, len(membrane) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
