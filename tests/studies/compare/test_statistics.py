"""Means, intervals and tests, against scipy's and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from snnrun.studies.compare import statistics
from snnrun.studies.compare.statistics import Spread, holm, paired, sign_flip, spread_of

DRAWN = np.random.default_rng(7).normal(0.3, 1.0, (2, 9))


@pytest.mark.parametrize("n", [2, 3, 9])
def test_a_spread_is_that_of_scipy(n):
    values = DRAWN[0, :n]
    found = spread_of(list(values))
    error = stats.sem(values)
    assert (found.n, found.mean) == (n, pytest.approx(values.mean(), rel=1e-13))
    assert found.deviation == pytest.approx(values.std(ddof=1), rel=1e-13)
    expected = stats.t.interval(0.95, n - 1, values.mean(), error)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_a_spread_by_hand():
    """Of 1, 2, 3: deviation 1, t of 2 degrees of freedom 4.3027, half of the interval 2.4841."""
    found = spread_of([3.0, 1.0, 2.0])
    assert (found.mean, found.deviation) == (2.0, 1.0)
    assert found.low == pytest.approx(2 - 2.48414, abs=1e-5)


def test_one_number_has_no_spread():
    assert spread_of([0.25]) == Spread(1, 0.25)


def test_equal_numbers_have_an_interval_of_no_width():
    mean = pytest.approx(0.1)
    assert spread_of([0.1, 0.1, 0.1]) == Spread(3, mean, 0.0, mean, mean)


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_paired_tests_are_those_of_scipy(n):
    one, other = DRAWN[:, :n]
    found = paired(list(one), list(other))
    assert (found.n, found.difference) == (n, pytest.approx((one - other).mean()))
    assert found.p_t == pytest.approx(stats.ttest_rel(one, other).pvalue, rel=1e-12)
    flips = stats.permutation_test(
        (one, other), lambda x, y, axis: (x - y).mean(axis), permutation_type="samples",
        vectorized=True, n_resamples=np.inf,
    )  # fmt: skip
    assert (found.p_flip, found.exact) == (pytest.approx(flips.pvalue), True)


def test_the_sign_flip_test_by_hand():
    """Sums of ±1 ±2 ±4: 7, 5, 3, 1 and their opposites; as far from 0 as 1 + 2 - ... ."""
    assert sign_flip(np.array([1.0, 2.0, 4.0]))[0] == 2 / 8
    assert sign_flip(np.array([-1.0, 2.0, 4.0]))[0] == 4 / 8
    assert sign_flip(np.array([1.0, 2.0, -4.0]))[0] == 1.0
    assert sign_flip(np.array([0.0, 0.0, 0.0]))[0] == 1.0


def test_signs_that_come_to_the_same_count_as_such():
    """0.1 + 0.2 is a little more than 0.3: the sums of other signs must not lie below it."""
    assert sign_flip(np.array([0.3, 0.1, 0.2]))[0] == 2 / 8
    assert sign_flip(np.array([0.3, -0.1, -0.2]))[0] == 1.0


def test_of_many_pairs_signs_are_drawn(monkeypatch):
    differences = DRAWN[0]
    whole, _ = sign_flip(differences)
    monkeypatch.setattr(statistics, "EXACT", 5)
    drawn, exact = sign_flip(differences)
    error = math.sqrt(whole * (1 - whole) / statistics.DRAWN)
    assert not exact
    assert abs(drawn - whole) < 5 * error


def test_the_t_test_knows_nothing_of_equal_differences():
    found = paired([0.5, 0.7, 0.9], [0.4, 0.6, 0.8])
    assert (found.p_t, found.p_flip) == (None, 0.25)


def test_runs_without_a_difference_differ_by_nothing():
    """A group like the reference did not count as one that was compared, as the caption says."""
    found = paired([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    assert (found.difference, found.p_t, found.p_flip) == (0.0, 1.0, 1.0)
    assert holm([found.p_t, 0.03]) == [1.0, 0.06]


def test_holm_by_hand():
    """0.01 * 4, 0.02 * 3, 0.03 * 2 raised to the one before, 0.9 * 1."""
    assert holm([0.03, 0.9, 0.01, 0.02]) == pytest.approx([0.06, 0.9, 0.04, 0.06])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []
