"""Results over two settings: a coloured cell for each pair of values, with a bar."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from snnrun.studies.compare.figures.against import lines_of
from snnrun.studies.compare.figures.look import factor_of, title_of
from snnrun.studies.compare.labels import short_keys, words_of
from snnrun.studies.compare.table import spread_words
from snnrun.studies.heat_map import cells, panels_for

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison


def draw(whole: "Comparison") -> Figure | None:
    """Return a map for each number; None unless two settings tell the groups apart."""
    if len(whole.telling) != 2:
        return None
    by_lines, by_columns = (lines_of(whole.groups, key) for key in whole.telling)
    if min(len(by_lines), len(by_columns)) < 2:
        return None
    lines, heads = list(by_lines), list(by_columns)
    names = short_keys(whole.keys)
    words = [words_of([group.settings for group in whole.groups], key) for key in whole.telling]
    figure, panels = panels_for(len(whole.metrics), len(lines), len(heads))
    for axes, metric in zip(panels, whole.metrics, strict=True):
        values = np.full((len(lines), len(heads)), np.nan)
        texts = [[""] * len(heads) for _ in lines]
        for group, line, head in zip(whole.groups, *words, strict=True):
            if metric in group.spreads:
                place = lines.index(line), heads.index(head)
                values[place] = factor_of(metric) * group.spreads[metric].mean
                text = spread_words(group.spreads[metric], factor_of(metric))
                texts[place[0]][place[1]] = text.replace(" ± ", "\n± ")
        cells(axes, values, texts, lines, heads, whole.better.get(metric))
        axes.set_title(title_of(metric))
        axes.set_xlabel(names[whole.telling[1]])
        axes.set_ylabel(names[whole.telling[0]])
    return figure
