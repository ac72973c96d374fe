"""Splits and data sets are checked when they are put together."""

import numpy as np
import pytest

from snnrun.data import Dataset, Split
from snnrun.errors import DataError


def split(samples=3, shape=(2, 5), high=1.0, labels=None) -> Split:
    inputs = np.linspace(0, high, samples * int(np.prod(shape))).reshape(samples, *shape)
    return Split(inputs, np.arange(samples) % 2 if labels is None else labels)


def test_shape_and_number_of_classes():
    data = Dataset("toy", ("a", "b"), split(4), split(3), split(2))
    assert data.input_shape == (2, 5)
    assert data.num_classes == 2
    assert [(name, len(part)) for name, part in data.splits()] == [
        ("train", 4),
        ("validation", 3),
        ("test", 2),
    ]


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (np.zeros((3, 2), np.int64), np.zeros(3, np.int64), "are int64 and int64; expected floats"),
        (np.zeros((3, 2)), np.zeros(3, np.int32), "are float64 and int32; expected floats"),
        (np.zeros((3, 2)), np.zeros(4, np.int64), r"shapes \[3, 2\] and \[4\]"),
        (np.zeros(3), np.zeros(3, np.int64), r"shapes \[3\] and \[3\]"),
        (np.zeros((0, 2)), np.zeros(0, np.int64), r"shapes \[0, 2\] and \[0\]"),
        (np.full((3, 2), 1.5), np.zeros(3, np.int64), "from 1.5 to 1.5; expected values in"),
        (np.full((3, 2), -0.1), np.zeros(3, np.int64), "from -0.1 to -0.1; expected values in"),
        (np.full((3, 2), np.nan), np.zeros(3, np.int64), "from nan to nan; expected values in"),
    ],
)
def test_a_bad_split_is_refused(inputs, labels, message):
    with pytest.raises(DataError, match=message):
        Split(inputs, labels)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (split(shape=(5, 2)), r"toy: samples of split test have shape \[5, 2\]; expected \[2, 5\]"),
        (split(labels=np.array([0, 1, 2])), "toy: labels of split test .* 0 to 2; expected 0 to 1"),
        (split(labels=np.array([0, 1, -1])), "toy: labels of split test .* -1 to 1; expected"),
    ],
)
def test_splits_that_do_not_fit_are_refused(test, message):
    with pytest.raises(DataError, match=message):
        Dataset("toy", ("a", "b"), split(), split(), test)
