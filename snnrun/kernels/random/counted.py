"""Random numbers that are counted: of each sample, whatever its batch, thread or process.

Number j of sample s is a function of the key, s and j alone. The samples of a call are an int64
array of their numbers, from 0 to 2^63 - 1, in any order; results are ``[samples, count]``.

    uniform     multiples of 2^-24 in [0, 1)
    normal      standard normal numbers, up to 6.55
    bernoulli   spikes by chance, for each step and value
    integers    whole numbers below a bound
    words       32 random bits each

Under one key these are independent of each other, and of the spikes of :mod:`snnrun.kernels.sbs`;
:mod:`snnrun.kernels.random.reference` has the equations. The compiled kernels
(``native/include/snnrun/counted.hpp``) give the same bits as this readable twin, for any number of
threads and at every CPU level.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.kernels.native import native
from snnrun.kernels.random import reference as twin
from snnrun.kernels.random.check import check_below, check_chances, checked
from snnrun.kernels.random.reference import Chances, Integers, Kind, Singles


def uniform(key: int, samples: Integers, count: int) -> Singles:
    """Return float32 numbers ``[samples, count]``, evenly from 0 to 1 - 2^-24.

    Args:
        key: 64 bits, one for each use (:func:`snnrun.core.random.key`).
        samples: numbers of the samples, int64 ``[samples]``, not negative.
        count: how many numbers each sample gets, at most 2^34.

    Raises:
        TypeError: samples are not int64, or key or count is no whole number.
        ValueError: another shape, a negative number, or a key of more than 64 bits.

    >>> uniform(7, np.array([3, 5]), 2).astype(float).round(4).tolist()
    [[0.564, 0.6224], [0.1956, 0.7982]]
    """
    rows, module = np.ascontiguousarray(samples), native()
    if module is None:
        return twin.uniform(*checked(key, rows, count))
    numbers: Singles = module.counted_uniform(key, rows, count, torch.get_num_threads())
    return numbers


def normal(key: int, samples: Integers, count: int) -> Singles:
    """Return float32 numbers ``[samples, count]`` of mean 0 and variance 1.

    Arguments and errors are those of :func:`uniform`.
    """
    rows, module = np.ascontiguousarray(samples), native()
    if module is None:
        return twin.normal(*checked(key, rows, count))
    numbers: Singles = module.counted_normal(key, rows, count, torch.get_num_threads())
    return numbers


def bernoulli(key: int, chances: Chances, samples: Integers, steps: int) -> Chances:
    """Return spikes ``[steps, samples, n]``, 0 or 1, of the type of the chances.

    A value with the chance p spikes at each step with the probability p, rounded to a multiple of
    2^-32: never for 0, always for 1. A value of chance 0 costs next to nothing.

    Args:
        key: as for :func:`uniform`.
        chances: float32 or float64 ``[samples, n]``, from 0 to 1; n is at most 2^29.
        samples: as for :func:`uniform`.
        steps: at most 2^34.

    Raises:
        TypeError: as :func:`uniform`, or chances of another type.
        ValueError: as :func:`uniform`, or chances of another shape or outside of [0, 1].

    >>> bernoulli(7, np.array([[0.0, 1.0]]), np.array([3]), 2).tolist()
    [[[0.0, 1.0]], [[0.0, 1.0]]]
    """
    rows, values, module = np.ascontiguousarray(samples), np.ascontiguousarray(chances), native()
    if module is None:
        checked(key, rows, steps, "steps")
        check_chances(values, len(rows))
        return twin.bernoulli(key, values, rows, steps)
    spikes: Chances = module.counted_bernoulli(key, values, rows, steps, torch.get_num_threads())
    return spikes


def integers(key: int, samples: Integers, count: int, below: int) -> Integers:
    """Return int64 numbers ``[samples, count]``, evenly from 0 to ``below`` - 1.

    2^64 is split among them, so their probabilities differ by less than one part in 2^32.

    Args:
        key, samples, count: as for :func:`uniform`; count is at most 2^33.
        below: from 1 to 2^32.

    Raises:
        TypeError: as :func:`uniform`.
        ValueError: as :func:`uniform`, or another bound.
    """
    check_below(below)
    drawn = _words(key, samples, 2 * count, Kind.INTEGERS)
    return twin.share(drawn.reshape(len(drawn), count, 2), below)


def words(key: int, samples: Integers, count: int) -> NDArray[np.uint32]:
    """Return random bits ``[samples, count]``, 32 each.

    Arguments and errors are those of :func:`uniform`.
    """
    return _words(key, samples, count, Kind.WORDS)


def _words(key: int, samples: Integers, count: int, kind: Kind) -> NDArray[np.uint32]:
    rows, module = np.ascontiguousarray(samples), native()
    if module is None:
        return twin.words(*checked(key, rows, count), kind)
    drawn: NDArray[np.uint32] = module.counted_words(
        key, rows, count, kind, torch.get_num_threads()
    )
    return drawn
