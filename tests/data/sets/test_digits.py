"""Digits: dealt out to the splits, none lost, every class in each."""

import numpy as np
from sklearn.datasets import load_digits

from snnrun.data import load_dataset
from snnrun.data.sets.digits import DigitsSettings, deal


def test_every_hand_has_its_share_of_every_class():
    labels = np.repeat([4, 0, 9], [31, 8, 17])
    hand = deal(labels, seed=5, hands=4)
    assert np.ptp(np.bincount(hand)) <= 1
    for label in (4, 0, 9):
        assert np.ptp(np.bincount(hand[labels == label], minlength=4)) <= 1


def test_splits_hold_all_samples_with_their_labels():
    data = load_dataset(DigitsSettings(seed=2))
    assert [len(split) for _, split in data.splits()] == [1197, 300, 300]
    pixels, labels = load_digits(return_X_y=True)
    expected = sorted(zip((pixels / 16).tolist(), labels.tolist(), strict=True))
    dealt = [
        (image.ravel().tolist(), label)
        for _, split in data.splits()
        for image, label in zip(split.inputs, split.labels.tolist(), strict=True)
    ]
    assert sorted(dealt) == expected


def test_every_class_is_in_every_split():
    data = load_dataset(DigitsSettings())
    shares = [np.bincount(split.labels) / len(split) for _, split in data.splits()]
    np.testing.assert_allclose(shares[1:], [shares[0], shares[0]], atol=0.005)
