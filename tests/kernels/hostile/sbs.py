"""Calls of Spike-By-Spike kernels that are right."""

import math
from random import Random
from typing import Any

import numpy as np

from tests.kernels.hostile.drawing import Call, numbers, threads, yes

#: Kernel, stride, dilation, padding; and how many positions images of 6 by 7 then have.
GEOMETRIES = [
    (((3, 3), (1, 1), (1, 1), (0, 0)), 20),
    (((3, 3), (2, 2), (1, 2), (1, 2)), 12),
    (((6, 7), (1, 1), (1, 1), (0, 0)), 1),
]


def _sbs(random: Random) -> tuple[dict[str, Any], int, int]:
    """Return x and geometry, how many positions there are, and how many inputs of each."""
    geometry, places = random.choice(GEOMETRIES)
    x = numbers(random, 2, 3, 6, 7)
    if random.random() < 0.3:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    arguments = {"x": x, "geometry": geometry, "threads": threads(random)}
    return arguments, places, 3 * math.prod(geometry[0])


def _source(random: Random, places: int, inputs: int, steps: int) -> Any:
    if random.random() < 0.3:
        return np.array([[random.randrange(-1, inputs) for _ in range(steps)]] * 2 * places)
    return 7, random.choice([None, np.arange(2)]), random.random() < 0.4


def _steps(random: Random, places: int, inputs: int) -> dict[str, Any]:
    width = random.choice([1, inputs])
    return {
        "source": _source(random, places, inputs, 9), "eps_t": numbers(random, 9),
        "eps_xy": numbers(random, places, width), "forgetting": random.choice([-1.0, 0.1]),
    }  # fmt: skip


def sbs_forward(module: Any, random: Random) -> Call:
    arguments, places, inputs = _sbs(random)
    weights = {"weights": numbers(random, inputs, random.choice([1, 4, 150]))}
    return module.sbs_forward, arguments | weights | _steps(random, places, inputs)


def sbs_pooling(module: Any, random: Random) -> Call:
    arguments, places, inputs = _sbs(random)
    return module.sbs_pooling, arguments | _steps(random, places, inputs)


def sbs_spikes(module: Any, random: Random) -> Call:
    arguments, places, inputs = _sbs(random)
    source = {"source": _source(random, places, inputs, 9), "steps": 9}
    return module.sbs_spikes, arguments | source


def sbs_gradient(module: Any, random: Random) -> Call:
    arguments, places, inputs = _sbs(random)
    neurons = random.choice([1, 4, 9])
    return module.sbs_gradient, arguments | {
        "weights": numbers(random, inputs, neurons), "h": numbers(random, 2 * places, neurons),
        "upstream": numbers(random, 2 * places, neurons), "wanted": yes(random, 3),
        "phi": random.choice([None, numbers(random, places, inputs)]),
    }  # fmt: skip


CALLS = {call.__name__: call for call in (sbs_forward, sbs_pooling, sbs_spikes, sbs_gradient)}
