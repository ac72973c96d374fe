r"""Lambert W on real numbers, the readable twin: Halley's iteration on :math:`w = z e^{-w}`.

:math:`W(z)` solves :math:`W e^W = z`. Branch 0 is real and above -1 for :math:`z \ge -1/e`,
branch -1 is real and below -1 for :math:`-1/e \le z < 0`; both meet in the branch point
:math:`W(-1/e) = -1`. Near it the unknown is :math:`q = 1 + W`, which solves
:math:`1 - (1 - q) e^q = 1 + e z` and keeps the digits that :math:`W` would lose.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BRANCH_POINT = -np.exp(-1.0)
BRANCH_POINT_REST = -1.2428753672788363e-17  # 1/e minus the double that stands for it
NEAR = 0.2  # 1 + e z below which q is the unknown
ITERATIONS = 7
SERIES = [0.0] + [(n - 1) / math.factorial(n) for n in range(1, 22)]


def lambertw(z: ArrayLike, branch: int = 0) -> Floats:
    """W of each z on branch 0 or -1, in double precision; nan where it is not real.

    >>> lambertw([0.0, 1.0, np.e]).round(6).tolist()
    [0.0, 0.567143, 1.0]
    >>> lambertw(-0.1, branch=-1).round(6).item()
    -3.577152
    """
    if branch not in (0, -1):
        raise ValueError(f"lambertw: branch {branch} is not real; expected 0 or -1")
    z = np.asarray(z, np.float64)
    end, value = (np.inf, np.inf) if branch == 0 else (0.0, -np.inf)
    real = (z >= BRANCH_POINT) & (z < end)
    inside = np.where(real, z, -0.2)
    distance = np.e * ((np.minimum(inside, 0) - BRANCH_POINT) + BRANCH_POINT_REST)
    near = one_plus_w(np.minimum(distance, NEAR), branch) - 1
    w = np.where(distance < NEAR, near, _far(inside, branch))
    return np.where(real, w, np.where(z == end, value, np.nan))


def value_and_slope(z: ArrayLike, branch: int = 0) -> tuple[Floats, Floats]:
    """W(z) and dW/dz = W / (z (1 + W)) = e^-W / (1 + W)."""
    z = np.asarray(z, np.float64)
    w = lambertw(z, branch)
    distance = np.e * ((np.clip(z, BRANCH_POINT, 0) - BRANCH_POINT) + BRANCH_POINT_REST)
    q = np.where(distance < NEAR, one_plus_w(np.minimum(distance, NEAR), branch), 1 + w)
    with np.errstate(all="ignore"):
        slope = np.where(z == 0, 1 if branch == 0 else -np.inf, w / (z * q))
    return w, np.where(z == np.inf, 0 if branch == 0 else np.nan, slope)


def one_plus_w(distance: ArrayLike, branch: int = 0) -> Floats:
    """q = 1 + W(z) for z <= 0, from distance = 1 + e z; clipped to [0, 1].

    Newton's iteration on 1 - (1 - q) e^q = sum (n - 1)/n! q^n, whose terms lose no digits.

    >>> one_plus_w([0.0, 1.0]).tolist()
    [0.0, 1.0]
    """
    distance = np.clip(np.asarray(distance, np.float64), 0.0, 1.0)
    p = np.sqrt(2 * distance) * (1 if branch == 0 else -1)
    q: Floats = p - p**2 / 3 + 11 / 72 * p**3 - 43 / 540 * p**4
    for _ in range(ITERATIONS):
        slope = q * np.exp(q)
        error = np.polynomial.polynomial.polyval(q, SERIES) - distance
        q = q - np.divide(error, slope, out=np.zeros_like(q), where=slope != 0)
    return q


def _far(z: Floats, branch: int) -> Floats:
    """Halley's iteration, away from the branch point."""
    w = np.log1p(np.maximum(z, -0.5)) if branch == 0 else np.log(-np.where(z < 0, z, -0.2)) - 1
    for _ in range(ITERATIONS):
        error = w - z * np.exp(-w)
        w = w - error / ((w + 1) - (w + 2) * error / (2 * (w + 1)))
    return np.asarray(w, np.float64)
