"""Philox4x32-10: random numbers that are a function of a key and a counter, and of nothing else.

Ten rounds of multiplications turn a counter of four 32-bit words into four random words, under a
key of two words (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11).
A number that is wanted is computed from where it is wanted for, in any order, by any thread.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

ROUNDS = 10
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL = 0x9E3779B9, 0xBB67AE85
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox(counter: tuple[Any, Any, Any, Any], key: int) -> tuple[Words, Words, Words, Words]:
    """Return four arrays of random 32-bit words.

    Args:
        counter: four arrays of 32-bit words, or numbers, which are broadcast.
        key: 64 bits.

    >>> [hex(word) for word in philox((0, 0, 0, 0), 0)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = (np.asarray(word, dtype=np.uint64) for word in counter)
    for turn in range(ROUNDS):
        low, high = (
            np.uint64(((key >> shift) + turn * weyl) & 0xFFFFFFFF)
            for shift, weyl in zip((0, 32), WEYL, strict=True)
        )
        first, second = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a, b, c, d = (
            (second >> HALF) ^ b ^ low,
            second & LOW,
            (first >> HALF) ^ d ^ high,
            first & LOW,
        )
    return a, b, c, d
