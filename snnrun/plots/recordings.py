"""Samples that are images over time, such as recordings of event cameras, as a film."""

from typing import TYPE_CHECKING

import numpy as np

from snnrun.plots.events import film, framed, row, titles
from snnrun.plots.film import Film

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Film | None:
    """Return a film of a sample of each of a few classes.

    Of two channels, as event cameras have, red is what became lighter, blue what became darker.
    """
    found = evaluation.of("recordings")
    if "values" not in found:
        return None
    values = found["values"].astype(np.float64)
    counts = [framed(each) for each in values]
    return film([row("", counts)], titles(evaluation, found), values.shape[1])
