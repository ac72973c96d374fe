"""Statistics of counted random numbers, seeded, at 5 standard errors."""

import math

import numpy as np
import pytest
from scipy import stats

from snnrun.kernels.random import counted

KEY = 0xFEEDC0FFEE
SAMPLES = np.arange(2000)
COUNT = 500
RARE = 6e-7  # the chance to be 5 standard errors away


def assert_near(found, expected, error):
    assert np.all(np.abs(np.asarray(found) - expected) <= 5 * np.asarray(error))


def assert_uncorrelated(one, other):
    """Their correlation is within 5 standard errors of 0."""
    found = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert abs(found) <= 5 / math.sqrt(one.size)


def test_uniform_numbers_fill_the_interval_evenly():
    u = counted.uniform(KEY, SAMPLES, COUNT)
    n = u.size
    assert u.min() >= 0
    assert u.max() < 1
    assert (u * 2**24 == np.floor(u * 2**24)).all()
    assert_near(u.mean(dtype=float), 0.5, math.sqrt(1 / 12 / n))
    assert_near(u.var(dtype=float), 1 / 12, math.sqrt(1 / 180 / n))
    assert stats.kstest(u.ravel(), "uniform").pvalue > RARE
    for scale in (2**8, 2**16, 2**24):  # first bits, middle bits, last bits
        counts = np.bincount(((u * scale).astype(int) % 256).ravel(), minlength=256)
        assert stats.chisquare(counts).pvalue > RARE


def test_normal_numbers_are_normal():
    x = counted.normal(KEY, SAMPLES, COUNT).astype(float).ravel()
    n = x.size
    assert_near(x.mean(), 0, 1 / math.sqrt(n))
    assert_near((x**2).mean(), 1, math.sqrt(2 / n))
    assert_near((x**3).mean(), 0, math.sqrt(15 / n))
    assert_near((x**4).mean(), 3, math.sqrt(96 / n))
    assert stats.kstest(x, "norm").pvalue > RARE
    for sigma in (3, 4, 4.5):
        p = math.erfc(sigma / math.sqrt(2))
        assert_near((np.abs(x) > sigma).mean(), p, math.sqrt(p / n))


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_normal_numbers_of_every_place_are_normal(place):
    """Both numbers of a pair, and both pairs of a block."""
    x = counted.normal(KEY, np.arange(100_000), 4)[:, place].astype(float)
    assert_near(x.mean(), 0, 1 / math.sqrt(len(x)))
    assert_near((x**2).mean(), 1, math.sqrt(2 / len(x)))
    assert stats.kstest(x, "norm").pvalue > RARE


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_neighbours_are_independent(name):
    """Numbers beside each other in a sample, of samples beside each other, and of their squares."""
    x = getattr(counted, name)(KEY, SAMPLES, COUNT).astype(float)
    x -= x.mean()
    for part in (x, x**2):
        for apart in (1, 2, 3, 4, 64):
            assert_uncorrelated(part[:, :-apart], part[:, apart:])
            assert_uncorrelated(part[:-apart], part[apart:])


@pytest.mark.parametrize("name", ["uniform", "normal"])
def test_other_keys_and_far_samples_give_other_numbers(name):
    draw = getattr(counted, name)
    x = draw(KEY, SAMPLES, 50)
    others = [draw(KEY ^ 1, SAMPLES, 50), draw(KEY ^ (1 << 63), SAMPLES, 50)]
    others += [draw(KEY, SAMPLES + far, 50) for far in (2**31, 2**32, 2**62)]
    for other in others:
        assert_uncorrelated(x, other)


def test_kinds_are_independent_under_one_key():
    """Of each kind the numbers that would share words if it were not for the kind."""
    n = SAMPLES.size * 50
    spikes = counted.bernoulli(KEY, np.full((2000, 1), 0.5), SAMPLES, 50)
    found = {
        "uniform": counted.uniform(KEY, SAMPLES, 50),
        "normal": counted.normal(KEY, SAMPLES, 50),
        "words": counted.words(KEY, SAMPLES, 50).astype(float),
        "integers": counted.integers(KEY, SAMPLES, 50, 1000).astype(float),
        "bernoulli": spikes[:, :, 0].T,
    }
    names = list(found)
    for i, one in enumerate(names):
        assert found[one].size == n
        for other in names[:i]:
            assert_uncorrelated(found[one], found[other])


CHANCES = np.array([0.0, 1e-3, 0.03, 0.25, 0.5, 0.8, 0.999, 1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_spikes_come_with_their_chance_at_every_step(dtype):
    chances = np.tile(CHANCES.astype(dtype), (1000, 1))
    spikes = counted.bernoulli(KEY, chances, np.arange(1000), 200)
    assert set(np.unique(spikes)) == {0, 1}
    error = np.sqrt(CHANCES * (1 - CHANCES))
    assert_near(spikes.mean(axis=(0, 1)), chances[0], error / math.sqrt(200_000))
    assert_near(spikes.mean(axis=1), chances[0], error / math.sqrt(1000))


def test_spikes_are_independent_of_those_before_beside_and_of_other_samples():
    chances = np.full((300, 40), 0.4)
    spikes = counted.bernoulli(KEY, chances, SAMPLES[:300], 100)
    for apart in (1, 2, 4, 5):
        assert_uncorrelated(spikes[:-apart], spikes[apart:])
        assert_uncorrelated(spikes[:, :-apart], spikes[:, apart:])
        assert_uncorrelated(spikes[:, :, :-apart], spikes[:, :, apart:])


@pytest.mark.parametrize("below", [2, 7, 28, 1000])
def test_integers_are_even(below):
    drawn = counted.integers(KEY, SAMPLES, COUNT, below)
    counts = np.bincount(drawn.ravel(), minlength=below)
    assert len(counts) == below
    assert stats.chisquare(counts).pvalue > RARE
    assert_uncorrelated(drawn[:, :-1].astype(float), drawn[:, 1:].astype(float))
