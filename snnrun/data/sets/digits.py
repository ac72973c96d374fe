"""Digits: 1797 handwritten digits of 8x8 pixels; they come with scikit-learn.

It is a copy of the test set of the UCI "Optical Recognition of Handwritten Digits" data, says
https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html.
"""

import numpy as np
from numpy.typing import NDArray

from snnrun.data.dataset import Dataset, DataSettings, Seed
from snnrun.data.forms import Form
from snnrun.data.source import ArraySource, Labels

_SHADES = 16  # the darkest pixel


class DigitsSettings(DataSettings):
    """The seed that deals the samples out to the splits."""

    seed: Seed = 0

    @property
    def input_shape(self) -> tuple[int, ...]:
        """One channel of 8x8 pixels."""
        return (1, 8, 8)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Pixels as scikit-learn has them."""
        return (Form(self.input_shape, unit=_SHADES, most=_SHADES),)

    @property
    def training_samples(self) -> int:
        """Four of six hands of 1797."""
        return 1197

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten digits."""
        return tuple("0123456789")


def deal(labels: Labels, seed: int, hands: int = 6) -> NDArray[np.int64]:
    """Deal the samples of every class out to ``hands`` equal hands; return the hand of each.

    Example:
        >>> deal(np.array([3, 7, 7, 3]), seed=0, hands=2).tolist()
        [1, 1, 0, 0]
    """
    shuffled = np.random.RandomState(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    hand = np.empty(len(labels), np.int64)
    hand[by_class] = np.arange(len(labels)) % hands
    return hand


def load(settings: DigitsSettings) -> Dataset:
    """Return 1197 samples to train, 300 to validate and 300 to test, every class in each.

    Values are pixels / 16, float32.
    """
    from sklearn.datasets import load_digits  # only who wants digits waits for scikit-learn

    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / _SHADES).astype(np.float32).reshape(-1, *settings.input_shape)
    labels = labels.astype(np.int64)
    hand = deal(labels, settings.seed)
    chosen = {"train": hand >= 2, "validation": hand == 1, "test": hand == 0}
    return Dataset(
        settings, {split: ArraySource(images[own], labels[own]) for split, own in chosen.items()}
    )
