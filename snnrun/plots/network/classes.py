"""Precision and recall of each class."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from snnrun.plots.network.bars import share_axis
from snnrun.plots.panels import legend_below, percent
from snnrun.plots.style import ACCENT, COLUMN, INK, LIGHT, new_figure
from snnrun.runs.numbers import precision_and_recall, top

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

MOST = 30  # classes with a line of their own: of more, those with the lowest recall


def draw(evaluation: "Evaluation") -> Figure | None:
    """Return precision and recall of each class, the accuracy and that of the first five."""
    counts, ranks = evaluation.of("answers").get("counts"), evaluation.of("ranks").get("counts")
    if counts is None or ranks is None:
        return None
    precision, recall = precision_and_recall(counts)
    chosen = np.arange(len(recall))
    if len(chosen) > MOST:
        chosen = np.sort(np.argsort(np.nan_to_num(recall, nan=2))[:MOST])
    figure = new_figure(COLUMN, 28 + 3.6 * len(chosen))
    axes, places = figure.subplots(), np.arange(len(chosen))
    given, found = 100 * precision[chosen], 100 * recall[chosen]
    axes.hlines(places, given, found, color=LIGHT, lw=2, zorder=1)
    axes.plot(given, places, "o", color=ACCENT, ms=4.5, label="precision", clip_on=False)
    axes.plot(found, places, "x", color=INK, ms=4, label="recall", clip_on=False)
    axes.set_yticks(places, [evaluation.classes[index] for index in chosen])
    axes.set_ylim(len(chosen) - 0.5, -0.5)
    share_axis(axes, np.concatenate([given, found]), "x")
    axes.tick_params(axis="y", length=0, pad=5)
    axes.set_ylabel("class" if len(chosen) == len(recall) else f"{MOST} worst classes")
    axes.set_xlabel("share (%)")
    axes.set_title(_title(evaluation, ranks))
    legend_below(figure, columns=2)
    return figure


def _title(evaluation: "Evaluation", ranks: "np.typing.NDArray[np.int64]") -> str:
    text = f"{evaluation.split}: {percent(evaluation.accuracy or 0.0, 2)} right"
    if len(ranks) <= 6:
        return text
    return f"{text}, {percent(top(ranks, 5), 2)} among the first five"
