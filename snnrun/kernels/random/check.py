"""What counted random numbers refuse, as the compiled kernels do."""

from operator import index

import numpy as np

from snnrun.kernels.random.reference import MOST, PLACE_BITS, Chances, Integers


def checked(
    key: int, samples: Integers, count: int, name: str = "count"
) -> tuple[int, Integers, int]:
    """Return key, sample numbers and count, if they fit.

    Raises:
        TypeError: samples are not int64, or key or count is no whole number.
        ValueError: another shape, or numbers out of range.
    """
    if not 0 <= index(key) < 2**64:
        raise ValueError(f"key: expected 64 bits, from 0 to 2^64 - 1, not {key}")
    if samples.dtype != np.int64:
        raise TypeError(f"samples: expected an array of int64, not {samples.dtype}")
    if samples.ndim != 1:
        raise ValueError(f"samples: expected [samples], not {list(samples.shape)}")
    if (wrong := samples[samples < 0]).size:
        raise ValueError(f"samples: expected numbers from 0 on, not {wrong[0]}")
    if not 0 <= index(count) <= MOST:
        raise ValueError(f"{name}: expected 0 to 2^34, not {count}")
    return key, samples, count


def check_chances(chances: Chances, samples: int) -> None:
    """Refuse chances that are not ``[samples, n]`` of float32 or float64 from 0 to 1."""
    if chances.ndim != 2 or len(chances) != samples:
        raise ValueError(
            f"chances: expected [samples, n] with {samples} samples, not {list(chances.shape)}"
        )
    if chances.dtype not in (np.float32, np.float64):
        raise TypeError(f"chances: expected float32 or float64, not {chances.dtype}")
    if chances.shape[1] > 2**PLACE_BITS:
        raise ValueError(f"chances: expected at most 2^29 of a sample, not {chances.shape[1]}")
    if (wrong := chances[~((chances >= 0) & (chances <= 1))]).size:
        raise ValueError(f"chances: expected numbers from 0 to 1, not {wrong[0]}")


def check_below(below: int) -> None:
    """Refuse a bound of integers that is not from 1 to 2^32."""
    if not 1 <= index(below) <= 2**32:
        raise ValueError(f"below: expected 1 to 2^32, not {below}")
