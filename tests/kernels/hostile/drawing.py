"""What calls of the compiled module are drawn from."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

Call = tuple[Callable[..., Any], dict[str, Any]]


def numbers(random: Random, *shape: int, kind: Any = np.float32) -> Any:
    """Draw numbers from 0 to 1."""
    return np.random.default_rng(random.getrandbits(32)).random(shape).astype(kind)


def floating(random: Random) -> Any:
    return random.choice([np.float32, np.float64])


def threads(random: Random) -> int:
    return random.choice([1, 1, 2, 3])


def yes(random: Random, count: int) -> tuple[bool, ...]:
    return tuple(random.random() < 0.7 for _ in range(count))
