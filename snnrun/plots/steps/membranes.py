"""Networks that advance in steps: membranes of some hidden neurons while one sample is shown."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from snnrun.plots.panels import layer_names, legend_below, letter, plain
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_FAR = 6.0  # thresholds
_ROOM = 0.11  # part of an axis that a number needs
_STYLES: dict[str, dict[str, Any]] = {
    "membrane, which a spike resets": {"color": INK, "lw": 0.8},
    "spike": {"color": ACCENT, "ls": "", "marker": ".", "ms": 4},
    "threshold": {"color": GREY, "lw": 0.6, "ls": "--"},
}


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return a row for each hidden layer: neurons from the most silent to the busiest.

    The panels of a row share a scale, in units of the threshold.
    """
    found = evaluation.of("step_examples")
    rows = len(found["thresholds"]) - 1 if found else 0
    if not rows:
        return None
    figure = new_figure(PAGE, 40 * rows + 12)
    columns = max(len(found[f"traced_{layer}"]) for layer in range(rows))
    panels = figure.subplots(rows, columns, squeeze=False, sharey="row")
    for layer, (line, name) in enumerate(zip(panels, layer_names(rows + 1), strict=False)):
        membranes, spikes = found[f"membranes_{layer}"].T, found[f"spikes_{layer}"].T
        constants = found["thresholds"][layer], found["drops"][layer]
        for axes, index, membrane, fired in zip(
            line, found[f"traced_{layer}"], membranes, spikes, strict=False
        ):
            _trace(axes, membrane, fired, *constants)
            axes.set_title(f"neuron {index}")
        line[0].set_ylabel(f"membrane / threshold,\n{name}")
        wide(line[0], membranes / constants[0])
    for axes in panels.ravel():
        axes.set_visible(axes.has_data())
    for axes in panels[-1]:
        axes.set_xlabel("step")
    figure.align_ylabels(panels[:, 0])
    class_ = evaluation.classes[found["labels"][0]]
    figure.suptitle(
        f"{evaluation.split} sample {found['numbers'][0]}, class {class_}", fontsize=points(7)
    )
    _legend(figure)
    letter(axes for axes in panels.ravel() if axes.get_visible())
    return figure


def sawtooth(membrane: Floats, spikes: Floats, drop: float) -> tuple[Floats, Floats]:
    """Return steps and membrane, each step twice: before the reset and after it.

    Args:
        membrane: ``[time]``, before the reset.
        spikes: ``[time]``, 0 or 1.
        drop: what a spike takes from the membrane; nan: all of it.

    Example:
        >>> membrane, spikes = np.array([1.0, 2.5]), np.array([0, 1])
        >>> sawtooth(membrane, spikes, 2.0)[1].tolist()
        [1.0, 1.0, 2.5, 0.5]
        >>> sawtooth(membrane, spikes, np.nan)[1].tolist()
        [1.0, 1.0, 2.5, 0.0]
    """
    after = membrane - spikes * (membrane if np.isnan(drop) else drop)
    return np.repeat(np.arange(len(membrane)), 2), np.stack([membrane, after], 1).ravel()


def wide(axes: Axes, membranes: Floats) -> None:
    """Compress what lies beyond some thresholds, so that the others do not become flat lines."""
    if np.abs(membranes).max() > _FAR:
        axes.set_yscale("symlog", linthresh=2, linscale=2)
        axes.set_ylim(1.3 * min(membranes.min(), -0.2), 1.3 * max(membranes.max(), 1))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
        axes.yaxis.set_major_locator(FixedLocator(_ticks(axes)))
        axes.yaxis.set_minor_locator(NullLocator())


def _ticks(axes: Axes) -> list[float]:
    """Return ticks of a compressed axis, from 0 outwards, that have room beside each other."""
    low, high = axes.get_ylim()
    move = axes.yaxis.get_transform().transform
    room, found = _ROOM * float(move(high) - move(low)), [0.0]
    for sign in (-1, 1):
        last = 0.0
        for tick in (sign * size for size in (1.0, 2.0, 5.0, 20.0, 100.0, 1000.0)):
            if low <= tick <= high and abs(move(tick) - move(last)) >= room:
                found.append(tick)
                last = tick
    return sorted(found)


def _legend(figure: Figure) -> None:
    handles = [Line2D([], [], label=name, **style) for name, style in _STYLES.items()]
    legend_below(figure, handles)


def _trace(axes: Axes, membrane: Floats, spikes: Floats, threshold: float, drop: float) -> None:
    axes.axhline(1, **_STYLES["threshold"])
    steps, shown = sawtooth(membrane, spikes, drop)
    axes.plot(steps, shown / threshold, **_STYLES["membrane, which a spike resets"])
    fired = np.flatnonzero(spikes)
    axes.plot(fired, membrane[fired] / threshold, **_STYLES["spike"])
    axes.set_xlim(-0.5, len(membrane) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
