"""Cases of a first-spike layer, drawn at generic points."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from snnrun.kernels.first_spike import reference as twin
from snnrun.kernels.native import native

Floats = NDArray[np.float64]


class Case(NamedTuple):
    """One layer with an upstream gradient, all in float64."""

    arrivals: Floats
    weights: Floats
    upstream: Floats
    tau_syn: float
    ratio: int
    threshold: float

    def times(self, scale: float = 1.0) -> Floats:
        """Spike times of the readable twin, with the threshold scaled."""
        level = self.threshold * scale
        return twin.spike_times(self.arrivals, self.weights, self.tau_syn, self.ratio, level)

    def steady(self, step: float = 1e-4, most: float = 10.0) -> NDArray[np.bool_]:
        """Where a little more or less threshold moves the spike as little: no grazing, no jump."""
        low, high = self.times(1 - step), self.times(1 + step)
        with np.errstate(invalid="ignore"):
            slow = abs(high - low) < 2 * step * most * self.tau_syn
        return slow | (np.isinf(low) & np.isinf(high))


def draw(seed: int, ratio: int, per_synapse: bool = False, **sizes: int) -> Case:
    """Generic sizes and constants, weights of both signs, some inputs absent, some together."""
    rng = np.random.default_rng(seed)
    batch, pre, post = (
        sizes.get(name, int(rng.integers(1, 40))) for name in ("batch", "pre", "post")
    )
    tau = rng.uniform(0.4, 2.5)
    shape = (batch, pre, post) if per_synapse else (batch, pre)
    arrivals = rng.uniform(-1.0, 3.0, shape) * tau
    arrivals[rng.random(shape) < 0.15] = np.inf
    arrivals = np.where(rng.random(shape) < 0.3, arrivals.round(), arrivals)
    threshold = rng.uniform(0.3, 1.5)
    weights = threshold * rng.normal(4 / np.sqrt(pre), 8 / np.sqrt(pre), (pre, post))
    upstream = rng.normal(size=(batch, post))
    return Case(arrivals, weights, upstream, tau, ratio, threshold)


@pytest.fixture(scope="session")
def compiled() -> Any:
    """The compiled module; tests of it skip where it was not built."""
    if (module := native()) is None:
        pytest.skip("needs the compiled kernels (snnrun._native)")
    return module


@pytest.fixture(scope="session")
def draw_case() -> Any:
    """The function that draws a case."""
    return draw
