"""Images in the numpy files of pytorch-sbs."""

import numpy as np
import pytest

from snnrun.data import load_dataset
from snnrun.data.sets.pattern_storage import PatternStorageSettings
from snnrun.errors import DataError


def save(folder, part, patterns, labels):
    np.save(folder / f"{part}PatternStorage.npy", patterns)
    np.save(folder / f"{part}LabelStorage.npy", np.asarray(labels, np.uint64))


def settings(folder, shape, classes=3):
    return PatternStorageSettings(
        folder=str(folder), shape=shape, names=tuple(map(str, range(classes)))
    )


def test_grey_patterns_by_hand(tmp_path):
    train = np.arange(7 * 2 * 3, dtype=np.float32).reshape(7, 2, 3)
    save(tmp_path, "Train", train, [0, 1, 2, 0, 1, 2, 0])
    save(tmp_path, "Test", np.full((2, 2, 3), 51, np.uint8), [2, 1])
    data = load_dataset(settings(tmp_path, (1, 2, 3)))
    assert [len(split) for _, split in data.splits()] == [5, 2, 2]
    np.testing.assert_array_equal(data.train.inputs[:, 0], train[:5] / np.float32(41))
    np.testing.assert_array_equal(data.validation.inputs[:, 0], train[5:] / np.float32(41))
    np.testing.assert_array_equal(data.test.inputs, np.ones((2, 1, 2, 3)))  # by its own largest
    assert data.validation.labels.tolist() == [2, 0]


def test_colours_come_last_in_the_file(tmp_path):
    patterns = np.random.default_rng(0).random((6, 4, 5, 3), dtype=np.float32)
    for part in ("Train", "Test"):
        save(tmp_path, part, patterns, [0, 1, 2] * 2)
    data = load_dataset(settings(tmp_path, (3, 4, 5)))
    expected = patterns.transpose(0, 3, 1, 2) / patterns.max()
    np.testing.assert_array_equal(data.test.inputs, expected)


def test_black_images_stay_black(tmp_path):
    for part in ("Train", "Test"):
        save(tmp_path, part, np.zeros((6, 2, 2)), [0, 1] * 3)
    assert not load_dataset(settings(tmp_path, (1, 2, 2))).test.inputs.any()


def test_files_that_are_not_as_they_should_be(tmp_path):
    with pytest.raises(DataError, match=r"TrainPatternStorage.npy: no array of numbers"):
        load_dataset(settings(tmp_path, (1, 2, 2))).split("train")
    for part in ("Train", "Test"):
        save(tmp_path, part, np.ones((6, 2, 3)), [0, 1] * 3)
    with pytest.raises(DataError, match=r"shape \[6, 2, 3\]; expected .* 1 channels, 2 x 2 pixels"):
        load_dataset(settings(tmp_path, (1, 2, 2))).split("train")
    objects = np.array([{"a": 1}] * 6)
    np.save(tmp_path / "TrainLabelStorage.npy", objects, allow_pickle=True)
    with pytest.raises(DataError, match=r"TrainLabelStorage.npy: no array of numbers"):
        load_dataset(settings(tmp_path, (1, 2, 3))).split("train")


@pytest.mark.parametrize(
    ("labels", "found"), [([0.5, 1, 2], "float64 0.5"), ([0, np.nan, 1], "float64 nan")]
)
def test_labels_that_are_no_whole_numbers(tmp_path, labels, found):
    """They were cut down to whole ones in silence."""
    for part in ("Train", "Test"):
        save(tmp_path, part, np.ones((6, 2, 3)), [0, 1] * 3)
    np.save(tmp_path / "TrainLabelStorage.npy", np.array(labels * 2))
    message = rf"TrainLabelStorage.npy: expected whole numbers, got {found}"
    with pytest.raises(DataError, match=message):
        load_dataset(settings(tmp_path, (1, 2, 3))).split("train")


def test_as_many_labels_as_patterns(tmp_path):
    """The message told the sizes of a split, and no file."""
    for part in ("Train", "Test"):
        save(tmp_path, part, np.ones((6, 2, 3)), [0, 1] * 3)
    np.save(tmp_path / "TestLabelStorage.npy", np.zeros(5, np.uint64))
    with pytest.raises(DataError, match=r"TestLabelStorage.npy: holds 5 labels for 6 patterns"):
        load_dataset(settings(tmp_path, (1, 2, 3))).split("test")
