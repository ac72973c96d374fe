"""Yin-Yang: regions by hand, samples by the checksum of the published construction."""

import hashlib

import numpy as np
import pytest
from pydantic import ValidationError

from snnrun.data import load_dataset
from snnrun.data.sets.yin_yang import YinYangSettings, which_class
from tests.golden import golden

YANG, YIN, DOT = 0, 1, 2

# SHA-256 of round(0.15 + 1.85 * inputs, 12) and the labels, made with the original's code.
PUBLISHED = {
    "train": "c11862110e9d27b87eecb07ce0b3e1edf8f9f6b86205e4b253101dc278893be6",
    "validation": "b16abbf928919b90f64a1e13ade726d3073cf108fd846c2b56ff2d8b77b55064",
    "test": "4b2b0d013e0976f2b451578dfd5f817ce077f245a1f5165a6a7caa84ce70863e",
}


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.50, 0.10, YANG),  # far below both dots
        (0.50, 0.90, YIN),  # far above both dots
        (0.75, 0.50, DOT),  # centre of the right dot
        (0.25, 0.57, DOT),  # in the left dot
        (0.25, 0.38, YIN),  # below the middle, but in the head around the left dot
        (0.75, 0.38, YANG),  # its mirror image
        (0.75, 0.62, YANG),  # above the middle, but in the head around the right dot
        (0.25, 0.62, YIN),
    ],
)
def test_regions_by_hand(x, y, expected):
    assert which_class(x, y) == expected


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.875, 0.5, YIN),  # right = r: just off the dot, just in yin
        (0.125, 0.5, YANG),  # left = r: just off the dot, not yet in the yin head
        (0.5, 0.5, YIN),  # left = R/2: just in the head
        (0.5 + 2**-50, 0.5, YANG),  # a hair further
    ],
)
def test_borders_by_hand(x, y, expected):
    """With r = 1/8 and R = 1/2 the distances are exact."""
    assert which_class(x, y, r_small=0.125, r_big=0.5) == expected


def test_radii_move_and_scale_the_regions():
    x, y = np.array([0.3, 0.1, 0.3, 0.2, 0.345]), np.array([0.2, 0.2, 0.26, 0.35, 0.2])
    expected = [DOT, DOT, YANG, YIN, YANG]
    assert which_class(x, y, r_small=0.04, r_big=0.2).tolist() == expected


def test_floats_and_arrays_agree():
    x, y = np.random.default_rng(0).random((2, 500))
    one_by_one = [which_class(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert which_class(x, y).tolist() == one_by_one
    assert set(one_by_one) == {YANG, YIN, DOT}


def test_samples_are_the_published_ones():
    data = load_dataset(YinYangSettings())
    for name, split in data.splits():
        content = np.round(0.15 + 1.85 * split.inputs, 12).tobytes() + split.labels.tobytes()
        assert hashlib.sha256(content).hexdigest() == PUBLISHED[name]


def test_samples_equal_the_golden_ones():
    expected = golden("first_spike/data_yin_yang")
    data = load_dataset(YinYangSettings())
    for name, split in data.splits():
        key = name.replace("validation", "val")
        np.testing.assert_array_equal(0.15 + 1.85 * split.inputs[:1000], expected[f"{key}_x"])
        np.testing.assert_array_equal(split.labels[:1000], expected[f"{key}_y"])


def test_samples_lie_in_their_class_and_in_the_disc():
    radii = {"r_small": 0.07, "r_big": 0.3}
    settings = YinYangSettings(**radii, sizes={"train": 600, "validation": 30, "test": 20})
    data = load_dataset(settings)
    assert [len(split) for _, split in data.splits()] == [600, 30, 20]
    x, y, mirrored_x, mirrored_y = data.train.inputs.T
    np.testing.assert_array_equal(which_class(x, y, **radii), data.train.labels)
    np.testing.assert_array_equal([mirrored_x, mirrored_y], [1 - x, 1 - y])
    assert np.hypot(x - 0.3, y - 0.3).max() <= 0.3
    assert np.hypot(x - 0.3, y - 0.3).max() > 0.28  # and they fill it


def test_classes_are_equally_frequent():
    """Each class is drawn with probability 1/3: within 5 standard errors."""
    labels = load_dataset(YinYangSettings()).train.labels
    shares = np.bincount(labels) / len(labels)
    assert np.abs(shares - 1 / 3).max() < 5 * np.sqrt(2 / 9 / len(labels))


def test_class_names_follow_the_labels():
    assert YinYangSettings().classes[which_class(0.5, 0.9)] == "yin"
    assert YinYangSettings().classes[which_class(0.5, 0.1)] == "yang"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"r_small": 0.3}, "r_small is 0.3; expected r_big/20 to r_big/2: 0.025 to 0.25"),
        ({"r_small": 0.001}, "r_small is 0.001; expected"),
        ({"r_big": 0.6}, "less than or equal to 0.5"),
        ({"sizes": {"train": 0}}, "greater than 0"),
        ({"seeds": {"tran": 1}}, "tran"),
        ({"radius": 1}, "radius"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        YinYangSettings(**settings)
