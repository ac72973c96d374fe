"""What an answer costs: operations at each layer of weights, and accuracy against energy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from snnrun.core.energy import ACCUMULATION, MULTIPLICATION, unit_of
from snnrun.errors import DataError
from snnrun.plots.network.bars import layer_axis, layers_of, share_axis, titles
from snnrun.plots.panels import letter, log_ticks, percent, plain
from snnrun.plots.style import ACCENT, GREY, INK, PAGE, new_figure
from snnrun.runs.evaluation import stored
from snnrun.runs.numbers import total_energy

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

#: Name in the measure -> label and colour.
_KINDS = {
    "accumulations": (f"additions, {ACCUMULATION} pJ each", ACCENT),
    "multiplications": (f"multiplications, {MULTIPLICATION} pJ each", GREY),
}


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return operations and energy of each layer, and accuracy against energy where known.

    The second panel has a point for each epoch of the run that was evaluated so far; of one alone,
    the title tells both.
    """
    kept = evaluation.of("cost")
    layers = layers_of(evaluation, kept)
    if not layers:
        return None
    known, count = list(_known(evaluation)), f"{int(kept['parameters']):,} parameters"
    figure = new_figure(PAGE if len(known) > 1 else 0.6 * PAGE, 62)
    bars, *others = figure.subplots(1, min(max(len(known), 1), 2), squeeze=False)[0]
    _draw_layers(bars, layers)
    layer_axis(bars, titles(evaluation.experiment, layers))
    for points in others:
        _draw_points(points, known)
    if len(known) == 1:
        (_, joule, accuracy), (size, unit) = known[0], unit_of(known[0][1])
        count += f"; {joule / size:.3g} {unit} a sample, {percent(accuracy, 2)} right"
    bars.set_title(count)
    letter((bars, *others))
    return figure


def _draw_layers(axes: Axes, layers: dict[str, dict[str, float]]) -> None:
    places = np.arange(len(layers))
    numbers = {name: np.array([each[name] for each in layers.values()]) for name in _KINDS}
    there = {name: counts for name, counts in numbers.items() if counts.any()}
    width = min(0.72, 0.16 * len(layers)) / max(1, len(there))
    for index, (name, counts) in enumerate(there.items()):
        label, colour = _KINDS[name]
        side = (index - (len(there) - 1) / 2) * width
        axes.bar(places + side, counts, width, color=colour, label=label)
    if there:
        positive = np.concatenate([counts[counts > 0] for counts in there.values()])
        axes.set_yscale("log")
        low, high = 0.3 * positive.min(), 6 * positive.max()
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(log_ticks(low, high))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.legend(loc="upper center", ncols=2, columnspacing=1.0)
    axes.set_ylabel("operations a sample")


def _known(evaluation: "Evaluation") -> "Iterator[tuple[int, float, float]]":
    """Yield epoch, energy in J and accuracy or loss of each evaluation of this split."""
    split, run = evaluation.split, evaluation.run
    paths = sorted(run.path.glob(f"evaluation/epoch_*/{split}.npz"))
    others = {int(path.parent.name.rpartition("_")[2]) for path in paths} - {evaluation.epoch}
    for epoch in sorted({*others, evaluation.epoch}):
        try:
            each = evaluation if epoch == evaluation.epoch else stored(run, epoch, split)
        except DataError:  # of other weights, or damaged
            continue
        joule, accuracy = total_energy(each), each.accuracy
        if joule is not None and accuracy is not None:
            yield epoch, joule, accuracy


def _draw_points(axes: Axes, known: list[tuple[int, float, float]]) -> None:
    largest = max(joule for _, joule, _ in known)
    size, unit = unit_of(largest)
    energies = np.array([joule for _, joule, _ in known]) / size
    shares = 100 * np.array([accuracy for *_, accuracy in known])
    axes.plot(energies, shares, "-o", color=ACCENT, ms=3.5, lw=0.6, clip_on=False)
    for number, (epoch, *_) in enumerate(known):
        if number % -(-len(known) // 6) == 0 or number == len(known) - 1:
            place = (energies[number], shares[number])
            axes.annotate(
                f"epoch {epoch}", place, xytext=(5, -2), textcoords="offset points", color=INK
            )
    share_axis(axes, shares)
    axes.set_xlim(0, 1.35 * max(energies) or 1.0)
    axes.set_xlabel(f"energy of a sample ({unit})")
    axes.set_ylabel("accuracy (%)")
