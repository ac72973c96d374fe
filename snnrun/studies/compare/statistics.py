r"""What a few runs of the same experiment say: how far their mean is to be trusted, and whether two
groups of runs differ.

Of n runs with mean :math:`m` and standard deviation :math:`s` (of n - 1), the 95 % confidence
interval is :math:`m \pm t_{n-1}\, s / \sqrt n`, with the 97.5 % point of Student's distribution.

Two groups are compared by the differences :math:`d_i` of the runs with the same seed. The paired t
test takes them to be normal. The sign-flip test takes them to be symmetric around 0 and nothing
else: its p is the share of the :math:`2^n` choices of signs whose mean is as far from 0 as that
which was found, so with n seeds it is never less than :math:`2^{1 - n}`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # all of scipy.stats takes seconds to import

CONFIDENCE = 0.95
#: Pairs up to which all choices of signs are tried; of more, so many are drawn.
EXACT, DRAWN = 14, 20_000
_ROUNDING = 1e-9  # of numbers that would be equal if their sums had no rounding


@dataclass(frozen=True)
class Spread:
    """Mean of n numbers; standard deviation and ends of the confidence interval, None of one."""

    n: int
    mean: float
    deviation: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Test:
    """A group against the reference.

    n: pairs of runs with the same seed.
    difference: mean difference, this group less the reference.
    p_t: of the paired t test; 1 where there are no differences, None where all are equal, of which
        it knows nothing.
    p_flip: of the sign-flip test.
    exact: whether that tried all choices of signs.
    corrected_t, corrected_flip: the same by Holm's method, over all groups that are compared.
    """

    n: int
    difference: float
    p_t: float | None
    p_flip: float
    exact: bool
    corrected_t: float | None = None
    corrected_flip: float | None = None


def spread_of(values: Sequence[float]) -> Spread:
    """Return what numbers, at least one, come to.

    Example:
        >>> found = spread_of([1.0, 2.0, 3.0])
        >>> found.n, found.mean, found.deviation, round(found.high, 3)
        (3, 2.0, 1.0, 4.484)
    """
    n, mean = len(values), fmean(values)
    if n == 1:
        return Spread(1, mean)
    deviation = stdev(values)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * deviation / math.sqrt(n)
    return Spread(n, mean, deviation, mean - half, mean + half)


def paired(values: Sequence[float], reference: Sequence[float]) -> Test:
    """Return what tells two groups apart, at least two runs of each, in the order of the seeds."""
    differences = np.asarray(values, float) - np.asarray(reference, float)
    p_flip, exact = sign_flip(differences)
    return Test(len(differences), float(differences.mean()), _paired_t(differences), p_flip, exact)


def sign_flip(differences: NDArray[np.float64]) -> tuple[float, bool]:
    """Return p of the two-sided sign-flip test, and whether all choices of signs were tried.

    Example:
        >>> sign_flip(np.array([0.1, 0.2, 0.4]))  # 2 of 8
        (0.25, True)
    """
    n = len(differences)
    found = abs(differences.sum())
    least = found - _ROUNDING * abs(differences).sum()
    if n <= EXACT:
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
        return float((abs(signs @ differences) >= least).mean()), True
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (DRAWN, n))
    reached = int((abs(signs @ differences) >= least).sum())
    return (reached + 1) / (DRAWN + 1), False  # the signs that were found are one choice, too


def holm(chances: Sequence[float | None]) -> list[float | None]:
    """Return p of several tests by Holm's method; those that are None stay so, and count as 0.

    The smallest of m is multiplied by m, the next one by m - 1, and so on; none becomes smaller
    than the one before it, or larger than 1.

    Example:
        >>> holm([0.04, 0.01, None, 0.03])
        [0.06, 0.03, None, 0.06]
    """
    order = sorted((p, place) for place, p in enumerate(chances) if p is not None)
    found: list[float | None] = [None] * len(chances)
    largest = 0.0
    for rank, (p, place) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        found[place] = largest
    return found


def _paired_t(differences: NDArray[np.float64]) -> float | None:
    if not differences.any():
        return 1.0
    n, deviation = len(differences), differences.std(ddof=1)
    if deviation <= _ROUNDING * abs(differences).max():
        return None
    t = differences.mean() / (deviation / math.sqrt(n))
    return 2 * float(stdtr(n - 1, -abs(t)))
