r"""Random numbers that are counted, the readable twin: functions of a key, a sample and a place.

Philox (:mod:`snnrun.kernels.random.philox`) under a key turns the counter

    (block, kind 2^29 + place, sample mod 2^32, 2 (sample div 2^32))

into four words w. Number j of a sample is of word j mod 4 of block j div 4, place 0. Spikes have
the value as their place, and the step for j. The kinds keep uniform numbers, normal ones, spikes
and words apart under one key; kind 0 are the spikes of :mod:`snnrun.kernels.sbs.draw`.

    uniform      u = floor(w / 2^8) / 2^24
    normal       of two words v, w (Box and Muller, Ann. Math. Statist. 29, 1958):
                 n = r cos(a) and r sin(a),  r = sqrt(-2 ln u),  u = (2 floor(v / 4) + 1) / 2^31
                 with the angle a from -45 to 45 degrees, of the last 30 bits of w; the first
                 bit is the sign of both, and the second one swaps them
    bernoulli    a spike where w < 2^32 p, p rounded to a multiple of 2^-32
    integer      floor(below w / 2^64) of two words, w = 2^32 w_0 + w_1

Normal numbers are computed in single precision, operation by operation in the order below, by
this module and by the compiled kernels, so that both give the same bits. They reach 6.55.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.kernels.random.philox import HALF, LOW, philox

Singles = NDArray[np.float32]
Integers = NDArray[np.int64]
Chances = NDArray[np.floating[Any]]

PLACE_BITS = 29
MOST = 2**34  # numbers of a sample: there are 2^32 blocks
ROOT_HALF, ONE, MANTISSA = 0x3F3504F3, 0x3F800000, 23  # of single precision
LN2 = np.float32(0.693359375), np.float32(-2.12194440e-4)  # the first has few digits
ARTANH = [np.float32(2) / np.float32(odd) for odd in (11, 9, 7, 5, 3)]
# sin(pi/2 x) = x (S_0 + S_1 x^2 + ...), cos(pi/2 x) = 1 + x^2 (C_0 + C_1 x^2 + ...), |x| <= 1/2,
# of the least largest relative error: 3e-9 and 6e-11; the last one comes first.
SINE = [np.float32(c) for c in (-0.00460165789, 0.0796800328, -0.645963460, 1.57079632)]
COSINE = [np.float32(c) for c in (0.000903766543, -0.0208601651, 0.253669226, -1.23370054)]


class Kind(IntEnum):
    """What numbers are for, in the first three bits of the second word of their counter."""

    SBS = 0
    WORDS = 1
    UNIFORM = 2
    NORMAL = 3
    BERNOULLI = 4
    INTEGERS = 5
    INTERVALS = 6


def words(key: int, samples: Integers, count: int, kind: Kind = Kind.WORDS) -> NDArray[np.uint32]:
    """Return random words ``[samples, count]``."""
    low, high = _halves(samples)
    blocks = np.arange(-(-count // 4))
    four = philox((blocks, kind << PLACE_BITS, low[:, None], high[:, None]), key)
    by_block = np.stack(four, axis=-1).astype(np.uint32)
    return by_block.reshape(len(samples), 4 * len(blocks))[:, :count]


def words_of_place(key: int, sample: int, kind: Kind, place: int, count: int) -> NDArray[np.uint32]:
    """Return random words ``[count]`` of a place of a sample."""
    low, high = _halves(np.array([sample]))
    blocks = np.arange(-(-count // 4))
    four = philox((blocks, (kind << PLACE_BITS) + place, low, high), key)
    return np.stack(four, axis=-1).astype(np.uint32).reshape(-1)[:count]


def uniform(key: int, samples: Integers, count: int) -> Singles:
    """Return numbers ``[samples, count]`` in [0, 1)."""
    high_bits = words(key, samples, count, Kind.UNIFORM) >> np.uint32(8)
    return high_bits.astype(np.float32) * np.float32(2**-24)


def normal(key: int, samples: Integers, count: int) -> Singles:
    """Return standard normal numbers ``[samples, count]``."""
    drawn = words(key, samples, count + count % 2, Kind.NORMAL)
    pairs = box_muller(drawn[:, ::2], drawn[:, 1::2])
    return np.stack(pairs, axis=-1).reshape(drawn.shape)[:, :count]


def bernoulli(key: int, chances: Chances, samples: Integers, steps: int) -> Chances:
    """Return spikes ``[steps, samples, n]``, 0 or 1, for ``chances [samples, n]``."""
    low, high = _halves(samples)
    place = (Kind.BERNOULLI << PLACE_BITS) + np.arange(chances.shape[1])
    blocks = np.arange(-(-steps // 4))[:, None, None]
    four = philox((blocks, place, low[:, None], high[:, None]), key)
    by_step = np.stack(four, axis=1).reshape(4 * len(blocks), *chances.shape)[:steps]
    spikes: Chances = (by_step < limits(chances)).astype(chances.dtype)
    return spikes


def limits(chances: Chances) -> NDArray[np.uint64]:
    """Return 2^32 p, rounded: a word below it is a spike.

    >>> limits(np.array([0.0, 2.0**-32, 0.5, 1.0])).tolist()
    [0, 1, 2147483648, 4294967296]
    """
    return np.floor(chances.astype(np.float64) * 2.0**32 + 0.5).astype(np.uint64)


def share(pairs: NDArray[np.uint32], below: int) -> Integers:
    """Return floor(below w / 2^64) for w of the words ``[..., 2]``, without a product of 96 bits.

    >>> share(np.array([[0, 9], [2**31, 0], [2**32 - 1, 2**32 - 1]], np.uint32), 7).tolist()
    [0, 3, 6]
    """
    products = pairs.astype(np.uint64) * np.uint64(below)
    return ((products[..., 0] + (products[..., 1] >> HALF)) >> HALF).view(np.int64)


def box_muller(v: NDArray[np.uint32], w: NDArray[np.uint32]) -> tuple[Singles, Singles]:
    """Return two independent normal numbers for each pair of words.

    >>> word = np.array([2**31], np.uint32)  # u = 1/2, and the sign
    >>> [number.item() for number in box_muller(word, word)]
    [-1.1774100065231323, -0.0]
    """
    x = (w << np.uint32(2)).view(np.int32).astype(np.float32) * np.float32(2**-32)
    square = x * x
    sine = x * _polynomial(SINE, square)
    cosine = square * _polynomial(COSINE, square) + np.float32(1)
    swapped = (w >> np.uint32(30)) & np.uint32(1) == 1
    r = np.where(w >> np.uint32(31), -radius(v), radius(v))
    return r * np.where(swapped, sine, cosine), r * np.where(swapped, cosine, sine)


def radius(v: NDArray[np.uint32]) -> Singles:
    """Return r of the words: (-2 ln u)^(1/2), near u = 1 from 1 - u, which is known exactly."""
    k = ((v >> np.uint32(1)) | np.uint32(1)).view(np.int32)
    n, m = scaled(k.astype(np.float32) * np.float32(2**-31))
    rest = (np.int64(2**31) - k).astype(np.float32) * np.float32(-(2**-31))
    f = np.where((n == 0) & (m <= 1), rest, m - np.float32(1))
    r: Singles = np.sqrt(logarithm(n, f) * np.float32(-2))
    return r


def scaled(x: Singles) -> tuple[Singles, Singles]:
    """Return whole numbers n and m from 2^(-1/2) to 2^(1/2): x = 2^n m."""
    bits = x.view(np.int32)
    exponent = ((bits - ROOT_HALF + ONE) >> MANTISSA) - (ONE >> MANTISSA)
    return exponent.astype(np.float32), (bits - (exponent << MANTISSA)).view(np.float32)


def logarithm(n: Singles, f: Singles) -> Singles:
    """Return ln(2^n (1 + f)) from ln(1 + f) = 2 artanh(s), s = f / (2 + f), and its series."""
    s = f / (f + np.float32(2))
    square = s * s
    tail = s * square * _polynomial(ARTANH, square) + n * LN2[1]
    sum_: Singles = n * LN2[0] + (s * np.float32(2) + tail)
    return sum_


def _polynomial(coefficients: list[np.float32], x: Singles) -> Singles:
    """Return the polynomial by Horner's rule, the highest power first."""
    value = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        value = value * x + c
    return value


def _halves(samples: Integers) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the third and the fourth word of the counters of samples."""
    numbers = samples.astype(np.uint64)
    return numbers & LOW, (numbers >> HALF) << np.uint64(1)
