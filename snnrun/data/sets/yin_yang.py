"""Yin-Yang: points of a disc that lie in its yin half, its yang half or one of its two dots.

With R = r_big, r = r_small, and right, left the distances of (x, y) to the centres of the dots,
(3R/2, R) and (R/2, R):

    dot     right < r  or  left < r
    yin     right <= r  or  r < left <= R/2  or  (y > R and right > R/2)
    yang    everywhere else

A dot wins over yin, yin over yang. A sample is (x, y, 1-x, 1-y), so small and large coordinates
both have an early spike. Kriener, Göltz, Petrovici, "The Yin-Yang dataset", arXiv:2102.08211,
and its code, https://github.com/lkriener/yin_yang_data_set.
"""

from functools import partial
from typing import Annotated, Any, ClassVar, Self, overload

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability
from snnrun.data.dataset import SPLITS, Dataset, DataSettings, Seeds, Sizes
from snnrun.data.forms import Form
from snnrun.data.source import Array, ArraySource

_POINT = 40  # bytes: four numbers and a label
FloatArray = NDArray[np.float64]


class YinYangSettings(DataSettings):
    """Radii, and the size and seed of every split; the defaults give the published samples."""

    offers: ClassVar[frozenset[Capability]] = frozenset({Capability.PLANE})

    r_small: Annotated[float, Field(gt=0, description="radius of a dot")] = 0.1
    r_big: Annotated[float, Field(gt=0, le=0.5, description="radius of the disc")] = 0.5
    sizes: Sizes = Sizes()
    seeds: Seeds = Seeds()

    @model_validator(mode="after")
    def _dots_fit(self) -> Self:
        """A dot that is too big leaves the half it lies in; one too small is never hit."""
        low, high = self.r_big / 20, self.r_big / 2
        if not low <= self.r_small <= high:
            raise ValueError(
                f"r_small is {self.r_small:g}; expected r_big/20 to r_big/2: {low:g} to {high:g}"
            )
        return self

    @property
    def input_shape(self) -> tuple[int, ...]:
        """x, y, 1-x, 1-y."""
        return (4,)

    @property
    def forms(self) -> tuple[Form, ...]:
        """x, y, 1-x, 1-y, or x and y alone."""
        return Form(self.input_shape), Form((2,), change=mirrored)

    @property
    def training_samples(self) -> int:
        """As many as it says."""
        return self.sizes.train

    def drawn_bytes(self) -> dict[str, int]:
        """Return what the points of each split and their labels take."""
        return self.sizes.weighed(_POINT)

    @property
    def classes(self) -> tuple[str, ...]:
        """Yang is 0 and yin is 1: so say the published labels, though not their list of names."""
        return ("yang", "yin", "dot")


@overload
def which_class(x: float, y: float, r_small: float = ..., r_big: float = ...) -> int: ...
@overload
def which_class(
    x: FloatArray, y: FloatArray, r_small: float = ..., r_big: float = ...
) -> NDArray[np.int64]: ...
def which_class(x: Any, y: Any, r_small: float = 0.1, r_big: float = 0.5) -> Any:
    """Return the class of each point: 0 yang, 1 yin, 2 dot. Points off the disc get one too.

    Takes arrays of one shape, or floats.

    Example:
        >>> which_class(np.array([0.5, 0.5, 0.75]), np.array([0.1, 0.9, 0.5]))
        array([0, 1, 2])
    """
    right = ((x - 1.5 * r_big) ** 2 + (y - r_big) ** 2) ** 0.5
    left = ((x - 0.5 * r_big) ** 2 + (y - r_big) ** 2) ** 0.5
    dot = (right < r_small) | (left < r_small)
    head = (left > r_small) & (left <= 0.5 * r_big)
    half = (y > r_big) & (right > 0.5 * r_big)
    yin = (right <= r_small) | head | half
    return 2 * dot + (1 - dot) * yin


def mirrored(points: Array) -> Array:
    """Return ``[samples, 4]``, x, y, 1-x, 1-y, of points ``[samples, 2]``.

    Example:
        >>> mirrored(np.array([[0.25, 0.5]]))
        array([[0.25, 0.5 , 0.75, 0.5 ]])
    """
    return np.concatenate([points, 1 - points], axis=1)


def _draw(settings: YinYangSettings, split: str) -> ArraySource:
    """Draw a class, then points until one lies in it: the order of draws fixes the samples."""
    size, seed = (getattr(each, split) for each in (settings.sizes, settings.seeds))
    random = np.random.RandomState(seed)
    r_small, r_big = settings.r_small, settings.r_big
    points, labels = [], []
    for _ in range(size):
        label = random.randint(3)
        while True:
            x, y = 2 * r_big * random.random_sample(), 2 * r_big * random.random_sample()
            inside = (x - r_big) ** 2 + (y - r_big) ** 2 <= r_big**2
            if inside and which_class(x, y, r_small, r_big) == label:
                break
        points.append((x, y, 1 - x, 1 - y))
        labels.append(label)
    return ArraySource(np.array(points), np.array(labels, np.int64))


def load(settings: YinYangSettings) -> Dataset:
    """Make the three splits; the same settings give the same samples."""
    return Dataset(settings, {split: partial(_draw, settings, split) for split in SPLITS})
