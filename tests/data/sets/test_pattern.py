"""Pattern: noisy copies of vectors, and noise."""

import numpy as np
import pytest
from pydantic import ValidationError

from snnrun.data import load_dataset
from snnrun.data.sets.pattern import PatternSettings

STEP = {"name": "step", "values": [0.5, 0.4, 0.6], "std": 0.05}
STILL = {"name": "still", "values": [0.0, 0.3, 1.0]}
NOISE = {"name": "noise"}


def samples(*patterns, **settings) -> list[np.ndarray]:
    """The training samples of each class."""
    train = load_dataset(PatternSettings(patterns=patterns, **settings)).train
    return [train.inputs[train.labels == label] for label in range(len(patterns))]


def test_without_noise_every_sample_is_the_vector():
    _, still = samples(STEP, STILL)
    assert (still == [0.0, 0.3, 1.0]).all()


def test_noise_has_the_mean_and_the_spread_it_is_given():
    """Statistical, at 5 standard errors."""
    step, noise = samples(STEP, NOISE)
    error = 5 / np.sqrt(len(step))
    assert np.abs(step.mean(axis=0) - [0.5, 0.4, 0.6]).max() < 0.05 * error
    assert np.abs(step.std(axis=0) - 0.05).max() < 0.05 * error
    assert np.abs(noise.mean(axis=0) - 0.5).max() < error * np.sqrt(1 / 12)
    assert np.abs(noise.std(axis=0) - np.sqrt(1 / 12)).max() < error * np.sqrt(1 / 12)
    assert abs(np.corrcoef(step[:, 0], step[:, 1])[0, 1]) < error


def test_what_leaves_the_unit_interval_is_clipped():
    wild, _ = samples({"name": "wild", "values": [0.0, 0.5, 1.0], "std": 2.0}, NOISE)
    assert {0.0, 1.0} < set(wild.ravel())


def test_sizes_and_classes_are_as_asked():
    settings = PatternSettings(patterns=(NOISE, STEP), sizes={"train": 30, "validation": 20})
    data = load_dataset(settings)
    assert [len(split) for _, split in data.splits()] == [30, 20, 1000]
    assert data.classes == ("noise", "step")
    assert data.train.shape == (3,)


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ([STEP, {"name": "short", "values": [0.5]}], r"have lengths \[1, 3\]; expected one length"),
        ([NOISE, {"name": "more"}], r"have lengths \[\]; expected one length"),
        ([STEP, STEP], "called step, step; expected no twins"),
        ([STEP], "at least 2"),
        ([STEP, {"name": "far", "values": [0.5, 1.5, 0]}], "less than or equal to 1"),
    ],
)
def test_bad_settings_are_refused(patterns, message):
    with pytest.raises(ValidationError, match=message):
        PatternSettings(patterns=patterns)
