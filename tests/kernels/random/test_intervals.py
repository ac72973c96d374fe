"""Spikes at random intervals: compiled and readable alike, and of the distributions meant."""

from pathlib import Path

import numpy as np
import pytest

from snnrun.kernels.native import native
from snnrun.kernels.random.intervals import (
    IntervalTable,
    drawn,
    geometric,
    poisson,
    spike_steps,
)

GOLDEN = Path(__file__).parents[2] / "golden/correlation/pysnn_poisson_mapping.npz"
SAMPLES = np.array([5, 0, 2**40])


def as_trains(lists, width):
    """Return lists as ``[samples, steps, width]``, and check that no spike comes twice."""
    starts, places = lists
    found = np.zeros((len(starts), starts.shape[1] - 1, width), int)
    for sample, row in enumerate(starts):
        for step in range(len(row) - 1):
            np.add.at(found, (sample, step, places[row[step] : row[step + 1]]), 1)
    assert found.max(initial=0) <= 1
    return found


@pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
@pytest.mark.parametrize("width", [1, 15, 16, 17, 40])
def test_the_kernel_draws_what_its_twin_draws(width):
    table = IntervalTable(np.stack([geometric(0.3, 50), poisson(7.8, 50), geometric(1.0, 50)]))
    levels = np.random.default_rng(1).integers(-1, 3, (len(SAMPLES), width)).astype(np.int32)
    found = as_trains(table.spikes(11, levels, SAMPLES), width)
    np.testing.assert_array_equal(found, as_trains(drawn(11, levels, SAMPLES, table.limits), width))
    assert found[np.broadcast_to(levels[:, None] == 2, found.shape)].all()  # chance 1: always
    assert not found[np.broadcast_to(levels[:, None] < 0, found.shape)].any()


def test_levels_that_come_later_change_no_earlier_spike():
    whole = IntervalTable(np.stack([geometric(0.3, 20), poisson(4.0, 20)]))
    grown = IntervalTable(geometric(0.3, 20)[None])
    grown.add(poisson(4.0, 20)[None])
    np.testing.assert_array_equal(grown.limits, whole.limits)
    np.testing.assert_array_equal(grown.guide, whole.guide)


def test_levels_that_are_known_at_once_take_no_more_room():
    """Room for as many again was taken with the first of them."""
    table = IntervalTable(np.stack([geometric(0.3, 20)] * 6))
    assert table.limits.base is None or len(table.limits.base) == 6
    rooms = set[int]()
    for _ in range(1000):  # one by one, which copies what there is a few times only
        table.add(poisson(4.0, 20)[None])
        rooms.add(len(table.limits.base))
    assert len(rooms) < 12


def test_more_steps_than_two_bytes_count():
    table = IntervalTable(geometric(0.001, 70_000)[None])
    starts, places = table.spikes(3, np.zeros((1, 2), np.int32), SAMPLES[:1])
    assert starts.shape == (1, 70_001)
    assert len(places) == pytest.approx(140, abs=60)  # five standard errors


def test_chances_and_means_are_those_asked_for():
    steps, chance, mean = 400, 0.06, 15.7
    table = IntervalTable(np.stack([geometric(chance, steps), poisson(mean, steps)]))
    levels = np.repeat(np.array([[0, 1]], np.int32), 2000, 1).reshape(1, -1)
    counts = as_trains(table.spikes(5, levels, SAMPLES[:1]), levels.shape[1]).sum(1)[0]
    by_chance, regular = counts[:2000], counts[2000:]
    error = (steps * chance * (1 - chance) / 2000) ** 0.5
    assert by_chance.mean() == pytest.approx(steps * chance, abs=5 * error)
    assert by_chance.var() / by_chance.mean() == pytest.approx(1 - chance, abs=0.15)
    assert regular.mean() == pytest.approx(steps / mean, rel=0.05)
    assert regular.var() / regular.mean() < 0.12  # far more regular than a Poisson process


def test_intervals_become_spikes_as_in_pysnn():
    golden = np.load(GOLDEN)
    steps = golden["spikes"].shape[1]
    for rate, intervals, spikes in zip(
        golden["intensities"], golden["intervals"].T, golden["spikes"], strict=True
    ):
        wanted = np.flatnonzero(spikes)
        found = spike_steps(np.maximum(intervals.astype(int), 1), steps) if rate > 0 else []
        np.testing.assert_array_equal(found, wanted)
