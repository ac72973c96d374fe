"""Counted random numbers: the same bits on both sides. Their work is in whole numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from snnrun.kernels.random import counted, reference
from snnrun.kernels.random.intervals import IntervalTable, drawn, geometric
from snnrun.studies.bench.work import Results, Work

KEY = 0x9E3779B97F4A7C15
Draw = Callable[[int, Any, int], Any]


def uniform_work(large: bool) -> Work:
    """A thousand numbers a sample."""
    return _numbers(large, counted.uniform, reference.uniform)


def normal_work(large: bool) -> Work:
    """A thousand numbers a sample."""
    return _numbers(large, counted.normal, reference.normal)


def _numbers(large: bool, ours: Draw, twin: Draw) -> Work:
    samples = np.arange(1000 if large else 100)
    return Work(
        f"{len(samples):,} x 1,000", 1000 * len(samples), "number", bytes=4, operations=None,
        ours=lambda: {"numbers": ours(KEY, samples, 1000)},
        twin=lambda: {"numbers": twin(KEY, samples, 1000)},
    )  # fmt: skip


def bernoulli_work(large: bool) -> Work:
    """Spikes of images of which a fifth is ink."""
    samples, steps = np.arange(64 if large else 16), 20
    random = np.random.default_rng(1)
    shape = (len(samples), 784)
    chances = np.where(random.random(shape) < 0.2, random.random(shape), 0).astype(np.float32)
    return Work(
        f"{steps} steps, {shape[0]} x {shape[1]}", steps * chances.size, "step of a value",
        bytes=4 * (1 + 1 / steps), operations=None,
        ours=lambda: {"spikes": counted.bernoulli(KEY, chances, samples, steps)},
        twin=lambda: {"spikes": reference.bernoulli(KEY, chances, samples, steps)},
    )  # fmt: skip


def intervals_work(large: bool) -> Work:
    """Spikes of some rates, as lists."""
    samples, values, steps = np.arange(32 if large else 4), 128, 250
    table = IntervalTable(np.stack([geometric(p, steps) for p in (0.01, 0.05, 0.1)]))
    levels = np.random.default_rng(1).integers(-1, 3, (len(samples), values)).astype(np.int32)
    spikes = len(drawn(KEY, levels, samples, table.limits)[1])

    def in_order(found: Any) -> Results:
        starts, places = found  # which are of no order in a step
        ordered = [np.sort(each) for each in np.split(places, starts.ravel()[1:])]
        return {"starts": starts, "places": np.concatenate(ordered)}

    return Work(
        f"{steps} steps, {len(samples)} x {values}", spikes, "spike",
        bytes=4 + (4 * levels.size + 8 * len(samples) * (steps + 1)) / spikes, operations=None,
        ours=lambda: table.spikes(KEY, levels, samples),
        twin=lambda: drawn(KEY, levels, samples, table.limits),
        comparable=in_order,
    )  # fmt: skip
