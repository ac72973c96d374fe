"""Spikes of the groups of a graph whose neurons lie like pixels, as a film."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnrun.plots.events import film, row, titles
from snnrun.plots.film import Film, steps_a_frame

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation


def draw(evaluation: "Evaluation") -> Film | None:
    """Return a film of a row for each group of a shape ``[channel, height, width]``."""
    found = evaluation.of("event_examples")
    model: Any = evaluation.experiment.model
    shapes = {
        name: shape
        for name, shape in model.shapes(evaluation.experiment.model_input).items()
        if len(shape) == 3 and math.prod(shape[1:]) > 1
    }
    if "sizes" not in found or not shapes:
        return None
    rows = [row(name, _counts(found, name, shape)) for name, shape in shapes.items()]
    return film(rows, titles(evaluation, found), int(found["steps"]), model.dt)


def _counts(
    found: dict[str, NDArray[Any]], name: str, shape: tuple[int, ...]
) -> list[NDArray[np.float64]]:
    """Return the spikes of each example in each frame, ``[frames, *shape]``."""
    steps, counts = int(found["steps"]), []
    together = steps_a_frame(steps)
    for begin, end in zip(found[f"{name}/starts"], found[f"{name}/starts"][1:], strict=False):
        frames = np.zeros((-(-steps // together), math.prod(shape)))
        own = slice(begin, end)
        np.add.at(
            frames, (found[f"{name}/steps"][own] // together, found[f"{name}/places"][own]), 1
        )
        counts.append(frames.reshape(-1, *shape))
    return counts
