"""XOR and bars, by hand and against the original's arrays."""

import numpy as np

from snnrun.data import load_dataset
from snnrun.data.sets.toy import BarsSettings, XorSettings
from tests.golden import golden


def test_xor_by_hand():
    train = load_dataset(XorSettings()).train
    assert train.inputs.tolist() == [[0, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [1, 1, 0, 1]]
    assert train.labels.tolist() == [0, 1, 1, 0]


def test_bars_by_hand():
    train = load_dataset(BarsSettings(samples_per_class=2)).train
    images = [["".join(".#"[int(v)] for v in row) for row in image] for image in train.inputs[:, 0]]
    assert images == [
        ["...", "...", "###"],
        ["...", "###", "..."],
        ["..#", "..#", "..#"],
        [".#.", ".#.", ".#."],
        ["#..", ".#.", "..#"],
        ["..#", ".#.", "#.."],
    ]
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_xor_equals_the_golden_one():
    expected = golden("first_spike/data_xor")
    train = load_dataset(XorSettings()).train
    np.testing.assert_allclose(0.15 + 1.85 * train.inputs, expected["x"], rtol=1e-6)
    np.testing.assert_array_equal(train.labels, expected["y"])


def test_bars_equal_the_golden_ones():
    expected = golden("first_spike/data_bars")
    train = load_dataset(BarsSettings()).train
    np.testing.assert_allclose(0.05 + 0.45 * train.inputs.reshape(30, 9), expected["x"], rtol=1e-15)
    np.testing.assert_array_equal(train.labels, expected["y"])
