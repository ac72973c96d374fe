"""What a network answers on a grid of points of the plane.

The four inputs of a point are x, y and their mirror values 1 - x, 1 - y, all in [0, 1].
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.core.random import Random
from snnrun.evaluation.measure import ROOM, Arrays, Measure
from snnrun.learning.outcome import predictions

#: Points on each side of the grid; neurons of the first hidden layer; every so many points of it.
POINTS, HIDDEN, STEP = 160, 36, 2


class Plane(Measure):
    """Keeps answers on a square grid over a disc, rows along y, columns along x; none off the disc,

    predictions: int16 ``[y, x]``, -1 = none.

    and of a network of first-spike times

    labels: ``[y, x, classes]``, spike times of the last layer, tau_syn; inf = no spike.
    hidden: ``[y / 2, x / 2, neurons]``, of the first 36 neurons of the first layer at every second
        point; absent where there is no hidden layer.
    layers: int64, how many there are; 0 of another network.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        data: Any = self.subject.experiment.data
        side = (np.arange(POINTS) + 0.5) / POINTS * 2 * data.r_big
        x, y = np.meshgrid(side, side)
        inside = np.hypot(x - data.r_big, y - data.r_big) < data.r_big + side[0]
        parts = list(self._answers(np.stack([x, y, 1 - x, 1 - y], axis=-1)[inside]))
        found: Arrays = {
            name: _grid(inside, np.concatenate([part[name] for part in parts])) for name in parts[0]
        }
        if "hidden" in found:
            found["hidden"] = found["hidden"][::STEP, ::STEP]
        return {**found, "layers": np.array(self._number)}

    def _answers(self, values: NDArray[np.float64]) -> Iterator[Arrays]:
        """Yield what the network says to points ``[points, 4]``, batch by batch."""
        learner, seed = self.subject.learner, self.subject.experiment.seed
        for start in range(0, len(values), self.subject.size):
            part = values[start : start + self.subject.size]
            random = Random(seed, "plane", 0, 0, np.arange(start, start + len(part)))
            shown = torch.from_numpy(part).to(learner.device, learner.dtype)
            _, record = learner.show(shown, random)
            found = predictions(learner.rule.scores(record)).numpy(force=True)
            self._number = len(record.times)
            yield {"predictions": found.astype(np.int16)} | {
                name: record.times[layer][:, :most].numpy(force=True)
                for name, layer, most in _layers(len(record.times))
            }


def _layers(number: int) -> list[tuple[str, int, int]]:
    """Return which layers of so many are kept: name, place, neurons at most."""
    every = [("labels", -1, max(1, ROOM // (8 * POINTS**2))), ("hidden", 0, HIDDEN)]
    return every[:number]


def _grid(inside: NDArray[np.bool_], answers: NDArray[Any]) -> NDArray[Any]:
    """Return answers ``[points, ...]`` on the grid, with -1 or inf elsewhere."""
    absent = np.inf if answers.dtype.kind == "f" else -1
    grid = np.full((*inside.shape, *answers.shape[1:]), absent, answers.dtype)
    grid[inside] = answers
    return grid
