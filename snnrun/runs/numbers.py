"""Numbers that follow from what evaluation keeps. Free of torch."""

import numpy as np
from numpy.typing import NDArray

from snnrun.core.energy import energy
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.layers import rows


def precision_and_recall(
    counts: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both for each class, ``[classes]``; nan of a class never predicted, or never true.

    Args:
        counts: ``[true class, predicted class]``; the last column counts samples without one.

    Example:
        >>> precision_and_recall(np.array([[3, 1, 0], [0, 4, 2]]))
        (array([1. , 0.8]), array([0.75      , 0.66666667]))
    """
    right = np.diagonal(counts).astype(float)
    with np.errstate(invalid="ignore"):
        return right / counts[:, : len(right)].sum(0), right / counts.sum(1)


def total_energy(evaluation: Evaluation) -> float | None:
    """Return the energy of an answer in J, the mean over samples; None if nobody counted."""
    found = rows(evaluation.of("cost")).values()
    if not found:
        return None
    return sum(energy(each["accumulations"], each["multiplications"]) for each in found)


def top(counts: NDArray[np.int64], k: int) -> float:
    """Return the share of samples whose true class is among the k with the largest scores."""
    return float(counts[:k].sum() / max(1, counts.sum()))


def standard_interval(
    shares: NDArray[np.float64], samples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return the ends of Wilson's interval of one standard error around shares of samples.

    They are where :math:`|e - p| = \sqrt{p (1 - p) / n}` for the share e of n samples; so neither
    lies beyond 0 and 1, nor is there an interval of no length around 0. Wilson, Journal of the
    American Statistical Association 22 (1927).

    Example:
        >>> [end.round(3).tolist() for end in standard_interval(np.array([0.0, 0.2]), 100)]
        [[0.0, 0.163], [0.01, 0.243]]
    """
    middle = (shares + 0.5 / samples) / (1 + 1 / samples)
    half = np.sqrt(shares * (1 - shares) / samples + 0.25 / samples**2) / (1 + 1 / samples)
    return middle - half, middle + half
