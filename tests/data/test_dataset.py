"""Sources and the splits of a data set are checked before anybody sees a sample of them."""

from typing import ClassVar

import numpy as np
import pytest

from snnrun.core.capabilities import Target, Values
from snnrun.data import Dataset
from snnrun.data.dataset import DataSettings
from snnrun.data.source import ArraySource, check_range
from snnrun.errors import DataError


class Toy(DataSettings):
    """Samples of 2x5 values in two classes."""

    input_shape: ClassVar = (2, 5)
    classes: ClassVar = ("a", "b")


class Numbers(Toy):
    """With two numbers as targets."""

    target: ClassVar = Target.NUMBERS
    target_shape: ClassVar = (2,)
    classes: ClassVar = ()


def source(samples=3, shape=(2, 5), high=1.0, targets=None) -> ArraySource:
    inputs = np.linspace(0, high, samples * int(np.prod(shape))).reshape(samples, *shape)
    return ArraySource(inputs, np.arange(samples) % 2 if targets is None else targets)


def dataset(settings=Toy, **changed) -> Dataset:
    return Dataset(settings(), {"train": source(4), "validation": source(), **changed})


def test_splits_are_made_once_when_they_are_asked_for():
    made = []

    def make():
        made.append(source(2))
        return made[-1]

    data = dataset(test=make)
    assert data.classes == ("a", "b")
    assert len(data.train) == 4
    assert not made
    assert [(name, len(part)) for name, part in data.splits()] == [
        ("train", 4), ("validation", 3), ("test", 2),
    ]  # fmt: skip
    assert data.test is data.split("test") is made[0]
    assert len(made) == 1


def test_all_splits_are_checked_when_a_data_set_is_opened():
    """A test split that was absent or of another shape was found behind the last epoch."""
    dataset(test=source(2)).open()
    with pytest.raises(DataError, match=r"split test have shape \[2, 4\]; expected \[2, 5\]"):
        dataset(test=lambda: source(2, (2, 4))).open()


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (np.zeros((3, 2), np.int64), np.zeros(3, np.int64), "inputs are int64; expected floats"),
        (np.zeros((3, 2)), np.zeros(4, np.int64), r"shapes \[3, 2\] and \[4\]"),
        (np.zeros(3), np.zeros(3, np.int64), r"shapes \[3\] and \[3\]"),
        (np.zeros((0, 2)), np.zeros(0, np.int64), r"shapes \[0, 2\] and \[0\]"),
    ],
)
def test_bad_arrays_are_refused(inputs, labels, message):
    with pytest.raises(DataError, match=message):
        ArraySource(inputs, labels)


BAD_SPLITS = [
    (source(shape=(5, 2)), r"samples of split test have shape \[5, 2\]; expected \[2, 5\]"),
    (source(targets=np.array([0, 1, 2])), "labels of split test reach from 0 to 2; expected 0"),
    (source(targets=np.array([0, 1, -1])), "labels of split test reach from -1 to 1; expected 0"),
    (source(targets=np.zeros(3, np.int32)), r"labels of split test are int32 \[3\]; expected"),
    (source(targets=np.zeros((3, 1), np.int64)), r"labels of split test are int64 \[3, 1\]"),
    (source(high=1.5), r"split test: values reach from 0 to 1.5; expected \[0, 1\]"),
    (source(high=-0.1), r"split test: values reach from -0.1 to 0; expected \[0, 1\]"),
    (source(high=np.nan), "split test: values reach from nan to nan; expected finite ones"),
]  # fmt: skip


@pytest.mark.parametrize("made", [False, True])
@pytest.mark.parametrize(("test", "message"), BAD_SPLITS)
def test_a_bad_split_is_refused_whenever_it_is_asked_for(made, test, message):
    """Sources that were given ready were taken unseen, and others when they were asked twice."""
    data = dataset(test=(lambda: test) if made else test)
    assert len(data.train) == 4
    for _ in range(2):
        with pytest.raises(DataError, match=message):
            data.split("test")
    with pytest.raises(DataError, match=message):
        list(data.splits())


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((3, 1)), r"targets of split train are float64 \[1\]; expected floats \[2\]"),
        (np.zeros((3, 2), np.int64), r"targets of split train are int64 \[2\]; expected floats"),
        (np.full((3, 2), np.inf), "targets of split train are not all finite"),
    ],
)
def test_targets_that_are_no_such_numbers_are_refused(targets, message):
    assert dataset(Numbers, train=source(targets=np.ones((3, 2)))).settings.outputs == 2
    with pytest.raises(DataError, match=message):
        dataset(Numbers, train=source(targets=targets)).split("train")


@pytest.mark.parametrize(
    ("values", "low", "high", "message"),
    [
        (Values.COUNTS, -1.0, 3.0, "here: values reach down to -1; expected 0 and more"),
        (Values.COUNTS, 0.0, np.inf, "here: values reach from 0 to inf; expected finite ones"),
        (Values.ANY, -np.inf, 3.0, "here: values reach from -inf to 3; expected finite ones"),
        (
            Values.ANY,
            -3e38,
            3.0,
            r"here: values reach from -3e\+38 to 3; expected none beyond 1e\+30",
        ),
        (Values.SPIKE_TIMES, -0.5, np.inf, "here: spike times reach down to -0.5; expected 0 and"),
        (Values.SPIKE_TIMES, np.nan, np.nan, "here: spike times reach down to nan; expected 0"),
    ],
)
def test_each_kind_of_values_has_its_range(values, low, high, message):
    check_range(0.0, np.inf if values is Values.SPIKE_TIMES else 3.0, values, "here")
    with pytest.raises(DataError, match=message):
        check_range(low, high, values, "here")
