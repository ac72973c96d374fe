"""What a network did before training, under the names of what it does after it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.plots.panels import letter
from snnrun.plots.style import PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

#: Samples that are shown before and after training.
SHOWN = 3
TITLES = ("before training", "after training")


def both(evaluation: "Evaluation", measure: str) -> "tuple[Evaluation, Evaluation] | None":
    """Return the evaluation before training, and that after it, with the arrays of a measure.

    None where the network before training was not saved.
    """
    before = evaluation.of(f"{measure}_before")
    if not before or not evaluation.of(measure):
        return None
    arrays = {f"{measure}/{name}": array for name, array in before.items()}
    return replace(evaluation, arrays=arrays), evaluation


class Columns(NamedTuple):
    """A figure with a column for each sample: rows of panels before training, then after it.

    evaluations: before and after.
    shown: the numbers of the samples.
    labels: of all samples.
    panels: ``[4, samples]``.
    """

    evaluations: "tuple[Evaluation, Evaluation]"
    shown: list[int]
    labels: NDArray[np.integer[Any]]
    figure: Figure
    panels: NDArray[Any]

    def rows(self) -> "Iterator[tuple[Evaluation, NDArray[Any], NDArray[Any]]]":
        """Yield each evaluation with its upper and its lower panels, whose titles are written."""
        for number, (each, when) in enumerate(zip(self.evaluations, TITLES, strict=True)):
            tops, bottoms = self.panels[2 * number : 2 * number + 2]
            for top, sample in zip(tops, self.shown, strict=True):
                top.set_title(f"class {each.classes[self.labels[sample]]}, {when}")
            yield each, tops, bottoms


def columns(evaluation: "Evaluation", measure: str, upper: float) -> Columns | None:
    """Return the empty figure, the upper panels so much higher than the lower ones.

    None where the network before training was not saved.
    """
    pair = both(evaluation, measure)
    if pair is None:
        return None
    labels = evaluation.of(measure)["labels"]
    shown = some(len(labels))
    figure = new_figure(PAGE * max(2, len(shown)) / 3, 150)
    panels = figure.subplots(
        4, len(shown), squeeze=False, sharex=True, sharey="row", height_ratios=[upper, 1] * 2
    )
    letter(panels[::2].ravel())
    return Columns(pair, shown, labels, figure, panels)


def some(examples: int) -> list[int]:
    """Return which examples are shown, of classes that lie apart.

    Example:
        >>> some(2), some(3), some(10)
        ([0, 1], [0, 1, 2], [0, 4, 9])
    """
    return [int(place) for place in np.linspace(0, examples - 1, min(SHOWN, examples))]
