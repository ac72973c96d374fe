"""Shares that are held out: the last of every class, each sample once."""

import numpy as np
import pytest

from snnrun.data.sets.toy import BarsSettings
from snnrun.data.source import ArraySource
from snnrun.data.splitting import cut, divide, of_two_files
from snnrun.errors import DataError

LABELS = np.array([2, 0, 1, 0, 0, 2, 1, 2, 0, 0, 2, 2, 0, 1])  # six of 0, three of 1, five of 2


def source(samples=LABELS) -> ArraySource:
    """Samples whose values tell their number."""
    values = np.repeat(np.arange(len(samples)) / 100, 9).reshape(-1, 1, 3, 3)
    return ArraySource(values, samples)


def numbers(part) -> list[int]:
    values, _ = part.read(np.arange(len(part)))
    return np.rint(values[:, 0, 0, 0] * 100).astype(int).tolist()


def test_the_last_of_every_class_by_hand():
    """floor(0.25 n + 1/2) of n = 6, 3, 5 test: 2, 1, 1; floor(0.4 n + 1/2) validate: 2, 1, 2."""
    train, validation, test = (part.tolist() for part in cut(LABELS, 0.4, 0.25))
    assert test == [9, 11, 12, 13]
    assert validation == [4, 6, 7, 8, 10]
    assert train == [0, 1, 2, 3, 5]


@pytest.mark.parametrize("validation", [0.0, 0.1, 0.37, 0.6])
@pytest.mark.parametrize("test", [0.0, 0.2, 0.35])
def test_every_sample_is_in_one_part_and_every_class_in_its_share(validation, test):
    labels = np.random.default_rng(1).integers(4, size=800)
    parts = cut(labels, validation, test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(800))
    for label in range(4):
        whole = (labels == label).sum()
        for part, share in zip(parts[1:], (validation, test), strict=True):
            assert abs((labels[part] == label).sum() - share * whole) <= 0.5


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [(0.1, 0.2, "no sample is left for validation: 0.1 of 3 samples"),
     (0.5, 0.1, "no sample is left for test: .* and 0.1 to test"),
     (0.5, 0.5, "no sample is left for training")],
)  # fmt: skip
def test_a_share_that_comes_to_nothing_is_refused(validation, test, message):
    with pytest.raises(DataError, match=message):
        cut(np.zeros(3, int), validation, test)


def test_shares_of_the_training_source():
    data = divide(BarsSettings(), source, 0.4, 0.25)
    assert numbers(data.test) == [9, 11, 12, 13]
    assert numbers(data.validation) == [4, 6, 7, 8, 10]
    assert numbers(data.train) == [0, 1, 2, 3, 5]
    assert data.validation.targets().tolist() == LABELS[[4, 6, 7, 8, 10]].tolist()
    assert len({part.digest() for _, part in data.splits()}) == 3


def test_files_of_their_own_are_left_whole():
    own = source(np.array([2, 1, 0]))
    data = divide(BarsSettings(), source, "test", lambda: own)
    assert len(data.train) == len(LABELS)
    assert data.test is own
    assert data.validation is own
    data = divide(BarsSettings(), source, lambda: own, 0.25)
    assert data.validation is own
    assert numbers(data.test) == [9, 11, 12, 13]


def test_the_last_part_of_the_first_of_two_files_whatever_its_classes():
    data = of_two_files(BarsSettings(), "held_out", source, source, parts=5)
    assert numbers(data.train) == list(range(11))
    assert numbers(data.validation) == [11, 12, 13]


def test_each_file_is_read_once_and_only_when_it_is_wanted():
    read = []

    def load(name):
        read.append(name)
        return source()

    data = divide(BarsSettings(), lambda: load("train"), "test", lambda: load("test"))
    assert len(data.validation) == len(data.test)
    assert read == ["test"]
    data = divide(BarsSettings(), lambda: load("train"), 0.2, 0.2)
    assert [len(part) for _, part in data.splits()] == [8, 3, 3]
    assert read == ["test", "train"]
