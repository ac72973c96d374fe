"""Pattern: one class for each given vector, of noisy copies of it, and classes of pure noise.

v = clip(values + std * n, 0, 1), n normal      of a class with values
v uniform in [0, 1]                             of a class without
"""

from functools import partial
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from snnrun.core.registry import Settings
from snnrun.data.dataset import SPLITS, Dataset, DataSettings, Seeds, Sizes
from snnrun.data.source import ArraySource, FloatArray

Value = Annotated[float, Field(ge=0, le=1)]


class Pattern(Settings):
    """One class."""

    name: str
    values: Annotated[
        tuple[Value, ...] | None, Field(min_length=1, description="in [0, 1]; null: pure noise")
    ] = None
    std: Annotated[float, Field(ge=0, description="of the noise that is added to the values")] = 0.0


class PatternSettings(DataSettings):
    """The classes, and the size and seed of every split."""

    patterns: Annotated[tuple[Pattern, ...], Field(min_length=2)] = (
        Pattern(name="rising", values=(0.0, 0.25, 0.5, 0.75, 1.0), std=0.1),
        Pattern(name="falling", values=(1.0, 0.75, 0.5, 0.25, 0.0), std=0.1),
        Pattern(name="noise"),
    )
    sizes: Sizes = Sizes()
    seeds: Seeds = Seeds()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        lengths = sorted({len(p.values) for p in self.patterns if p.values is not None})
        if len(lengths) != 1:
            raise ValueError(f"the patterns have lengths {lengths}; expected one length for all")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(
                f"the patterns are called {', '.join(self.classes)}; expected no twins"
            )
        return self

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The length of the vectors."""
        return (max(len(pattern.values or ()) for pattern in self.patterns),)

    @property
    def training_samples(self) -> int:
        """As many as it says."""
        return self.sizes.train

    def drawn_bytes(self) -> dict[str, int]:
        """Return what the vectors of each split and their labels take."""
        return self.sizes.weighed(8 * self.input_shape[0] + 8)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the patterns."""
        return tuple(pattern.name for pattern in self.patterns)


def _samples(pattern: Pattern, shape: tuple[int, int], random: np.random.RandomState) -> FloatArray:
    """Draw the samples of one class, ``[samples, inputs]``."""
    if pattern.values is None:
        return random.uniform(size=shape)
    return np.clip(random.normal(pattern.values, pattern.std, size=shape), 0, 1)


def _draw(settings: PatternSettings, split: str) -> ArraySource:
    """Draw the classes, then the samples, class by class."""
    size, seed = (getattr(each, split) for each in (settings.sizes, settings.seeds))
    random = np.random.RandomState(seed)
    labels = random.randint(len(settings.patterns), size=size).astype(np.int64)
    inputs = np.empty((size, *settings.input_shape))
    for label, pattern in enumerate(settings.patterns):
        chosen = labels == label
        inputs[chosen] = _samples(pattern, inputs[chosen].shape, random)
    return ArraySource(inputs, labels)


def load(settings: PatternSettings) -> Dataset:
    """Make the three splits; the same settings give the same samples."""
    return Dataset(settings, {split: partial(_draw, settings, split) for split in SPLITS})
