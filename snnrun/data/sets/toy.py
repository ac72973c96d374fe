"""XOR and bars: two toy sets so small that train, validation and test are the same samples."""

import numpy as np

from snnrun.data.dataset import SPLITS, Count, Dataset, DataSettings
from snnrun.data.forms import Form
from snnrun.data.source import Array, ArraySource, FloatArray, Labels


class XorSettings(DataSettings):
    """Nothing to choose."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """a, b, 0, 1."""
        return (4,)

    @property
    def forms(self) -> tuple[Form, ...]:
        """a, b, 0, 1, or a and b alone."""
        return Form(self.input_shape), Form((2,), change=with_references)

    @property
    def classes(self) -> tuple[str, ...]:
        """Whether a and b differ."""
        return ("equal", "different")


def with_references(points: Array) -> Array:
    """Return ``[samples, 4]``, a, b, 0, 1, of ``[samples, 2]``."""
    constant = np.broadcast_to(np.array([0, 1], points.dtype), points.shape)
    return np.concatenate([points, constant], axis=1)


class BarsSettings(DataSettings):
    """How often the bars are repeated."""

    samples_per_class: Count = 10

    @property
    def input_shape(self) -> tuple[int, ...]:
        """One channel of 3x3 pixels."""
        return (1, 3, 3)

    def drawn_bytes(self) -> dict[str, int]:
        """Return what the bars and their labels take."""
        return {"samples_per_class": self.samples_per_class * len(self.classes) * (8 * 3 * 3 + 8)}

    @property
    def classes(self) -> tuple[str, ...]:
        """The direction of the bar."""
        return ("horizontal", "vertical", "diagonal")


def _thrice(settings: DataSettings, inputs: FloatArray, labels: Labels) -> Dataset:
    return Dataset(settings, dict.fromkeys(SPLITS, ArraySource(inputs, labels)))


def load_xor(settings: XorSettings) -> Dataset:
    """Return the four samples (a, b, 0, 1); the constants give early and late reference spikes."""
    a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    inputs = np.stack([a, b, 0 * a, 1 + 0 * a], axis=1).astype(np.float64)
    return _thrice(settings, inputs, (a ^ b).astype(np.int64))


def load_bars(settings: BarsSettings) -> Dataset:
    """Return bars of value 1 on 0: from the bottom up, from the right to the left, \\ and /."""
    rows = np.eye(3)[::-1, :, None] * np.ones(3)
    diagonals = np.stack([np.eye(3), np.eye(3)[:, ::-1]])
    turn = np.arange(settings.samples_per_class)
    bars = [rows[turn % 3], rows.transpose(0, 2, 1)[turn % 3], diagonals[turn % 2]]
    labels = np.repeat(np.arange(3), len(turn)).astype(np.int64)
    return _thrice(settings, np.concatenate(bars)[:, None], labels)
