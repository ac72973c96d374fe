"""Spikes as lists, drawn interval by interval: what encoders of random trains share.

The value of an input is one of 65,536 levels from 0 to 1, so that images of 8 and 16 bits are as
they are; each level has a distribution of intervals, made when it is first seen.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.kernels.random.intervals import IntervalTable

LEVELS = 65536
Distribution = Callable[[float], NDArray[np.float64]]


def levels(values: Tensor) -> Tensor:
    """Return the levels ``[samples, inputs]``, int32, of values from 0 to 1.

    Example:
        >>> levels(torch.tensor([[0.0, 0.2, 1.0]]))
        tensor([[    0, 13107, 65535]], dtype=torch.int32)
    """
    return (values.flatten(1).double() * (LEVELS - 1)).round().int()


def shares(prepared: Tensor) -> Tensor:
    """Return what was prepared as numbers ``[samples, inputs]``; levels from 0 to 1.

    Example:
        >>> shares(torch.tensor([[0, 65535]], dtype=torch.int32))
        tensor([[0., 1.]], dtype=torch.float64)
    """
    flat = prepared.flatten(1).double()
    return flat if prepared.is_floating_point() else flat / (LEVELS - 1)


class Trains:
    """Draws spikes of levels.

    Args:
        distribution: P(1), P(2), ... of the intervals of a rate, a share of that of the value 1.
    """

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution
        self._known: dict[float, _Known] = {}

    def __call__(self, prepared: Tensor, random: Random, gain: float = 1.0) -> Events:
        """Return the spikes of a batch.

        Args:
            prepared: levels ``[batch, inputs]``.
            random: the random numbers of the samples.
            gain: factor of all rates.
        """
        if gain not in self._known:
            self._known[gain] = _Known(self.distribution, gain)
        known = self._known[gain]
        rows = known.rows(prepared.numpy())
        starts, places = known.table.spikes(random.key("input spikes"), rows, random.samples)
        again = partial(self._again, prepared, random)
        inputs = prepared.shape[1]
        return Events(torch.from_numpy(starts), torch.from_numpy(places), inputs, again)

    def _again(
        self, prepared: Tensor, random: Random, place: int, presentation: int, gain: float
    ) -> Events:
        """Return a sample drawn anew."""
        own = Random(
            random.seed, random.use, random.epoch, random.number,
            random.samples[place : place + 1], presentation, random.part,
        )  # fmt: skip
        return self(prepared[place : place + 1], own, gain)


class _Known:
    """The levels that were seen, and their distributions."""

    def __init__(self, distribution: Distribution, gain: float) -> None:
        self.distribution, self.gain = distribution, gain
        self._row = np.full(LEVELS, -2, np.int32)
        self._row[0] = -1  # a value of 0 never spikes
        self._count = 1
        self.table = IntervalTable(distribution(gain)[None])

    def rows(self, given: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the rows of the table for levels."""
        found = self._row[given]
        new = np.unique(given[found == -2])
        if not len(new):
            return found
        rates = self.gain * new / (LEVELS - 1)
        self.table.add(np.stack([self.distribution(float(rate)) for rate in rates]))
        self._row[new] = np.arange(self._count, self._count + len(new))
        self._count += len(new)
        return self._row[given]
