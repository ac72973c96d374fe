"""What a network did before training, under the names of what it does after it."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

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


def some(examples: int) -> list[int]:
    """Return which examples are shown, of classes that lie apart.

    Example:
        >>> some(2), some(3), some(10)
        ([0, 1], [0, 1, 2], [0, 4, 9])
    """
    return [int(place) for place in np.linspace(0, examples - 1, min(SHOWN, examples))]
