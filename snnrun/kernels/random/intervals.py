r"""Spikes at random intervals: each value of a sample spikes, and again after another interval.

A level has a distribution of intervals, of whole steps from 1 on. With its cumulative distribution
P, rounded down to multiples of 2^-32, the interval that follows of a word w is

.. math:: 1 + \#\{k : 2^{32} P(k) \le w\}

(:mod:`snnrun.kernels.random.reference`, kind ``intervals``, place: the value; word j for its spike
number j). So a spike costs one word, and a step without one costs nothing.
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.kernels.native import native
from snnrun.kernels.random.reference import Integers, Kind, words_of_place

Levels = NDArray[np.int32]
Lists = tuple[NDArray[np.int64], NDArray[np.int32]]


class IntervalTable:
    """The distributions of intervals of some levels.

    Args:
        cumulative: for each level P(1), P(2), ..., ``[levels, steps]``.
    """

    def __init__(self, cumulative: NDArray[np.float64]) -> None:
        self.limits = np.zeros((0, cumulative.shape[1]), np.uint32)
        self.guide = np.zeros((0, 256), np.uint32)
        self._room = self.limits, self.guide  # which begin with them
        self.add(cumulative)

    def add(self, cumulative: NDArray[np.float64]) -> None:
        """Add the distributions of further levels, ``[levels, steps]``."""
        limits = np.floor(cumulative * 2.0**32).clip(0, 2.0**32 - 1).astype(np.uint32)
        first_bytes = np.arange(256, dtype=np.uint64) << np.uint64(24)
        guide = [np.searchsorted(row, first_bytes, side="right") for row in limits]
        guides = np.array(guide, np.uint32).reshape(-1, 256)
        before, after = len(self.limits), len(self.limits) + len(limits)
        if after > len(self._room[0]):  # twice what there was: levels one by one cost little
            rows = max(after, 2 * before)
            self._room = _larger(self.limits, rows), _larger(self.guide, rows)
        for room, new in zip(self._room, (limits, guides), strict=True):
            room[before:after] = new
        self.limits, self.guide = (room[:after] for room in self._room)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return int(self.limits.shape[1])

    def spikes(self, key: int, levels: Levels, samples: Integers) -> Lists:
        """Return spikes: starts ``[samples, steps + 1]``, and places, of no order in a step.

        Args:
            key: 64 bits, one for each use.
            levels: int32 ``[samples, n]``; negative: never a spike.
            samples: their numbers.
        """
        rows, module = np.ascontiguousarray(samples), native()
        given: Any = np.ascontiguousarray(levels)
        if module is None:
            return drawn(key, given, rows, self.limits)
        found: Lists = module.counted_intervals(
            key, rows, given, self.limits, self.guide, torch.get_num_threads()
        )
        return found


def _larger(rows: NDArray[np.uint32], room: int) -> NDArray[np.uint32]:
    """Return rows, and room behind them."""
    found = np.empty((room, rows.shape[1]), np.uint32)
    found[: len(rows)] = rows
    return found


def drawn(key: int, levels: Levels, samples: Integers, limits: NDArray[np.uint32]) -> Lists:
    """Return what :meth:`IntervalTable.spikes` returns, places ascending: the readable twin."""
    steps = limits.shape[1]
    starts, places = np.zeros((len(samples), steps + 1), np.int64), [np.zeros(0, np.int32)]
    total = 0
    for row, sample in enumerate(samples):
        spikes = np.zeros((steps, levels.shape[1]), bool)
        for place in np.flatnonzero(levels[row] >= 0):
            words = words_of_place(key, int(sample), Kind.INTERVALS, int(place), steps)
            intervals = 1 + np.searchsorted(limits[levels[row, place]], words, side="right")
            spikes[spike_steps(intervals, steps), place] = True
        starts[row] = total + np.concatenate([[0], np.cumsum(spikes.sum(1))])
        total = int(starts[row, -1])
        places.append(np.nonzero(spikes)[1].astype(np.int32))
    return starts, np.concatenate(places)


def spike_steps(intervals: NDArray[np.int64], steps: int) -> NDArray[np.int64]:
    """Return the steps of spikes that follow each other after intervals, of ``steps`` there are.

    Example:
        >>> spike_steps(np.array([1, 3, 9]), 10).tolist()
        [0, 3]
    """
    found: NDArray[np.int64] = np.cumsum(intervals) - 1
    return found[found < steps]


def geometric(chance: float, steps: int) -> NDArray[np.float64]:
    """Return P of the intervals of spikes that come by chance at each step.

    Example:
        >>> geometric(0.5, 3).tolist()
        [0.5, 0.75, 0.875]
    """
    return -np.expm1(np.arange(1, steps + 1) * np.log1p(-chance)) if chance < 1 else np.ones(steps)


def poisson(mean: float, steps: int) -> NDArray[np.float64]:
    """Return P of intervals that are Poisson numbers of this mean, 0 counting as 1.

    Example:
        >>> poisson(1.0, 2).round(6).tolist()
        [0.735759, 0.919699]
    """
    numbers = np.arange(steps + 1)
    logs = numbers * math.log(mean) - mean - np.array([math.lgamma(k + 1) for k in numbers])
    cumulative: NDArray[np.float64] = np.cumsum(np.exp(logs)).clip(0, 1)[1:]
    return cumulative
