"""What holds for every data set in the table."""

import os
import subprocess
import sys

import numpy as np
import pytest

from snnrun.data import DATASETS, load_dataset
from snnrun.errors import DataError

NAMES = sorted(DATASETS)
COMPLETE = {"bars", "xor"}  # all there is, so train, validation and test are the same
DOWNLOADED = {"fashion_mnist", "mnist"}
FROM_FILES = DOWNLOADED | {"pattern_storage"}
SEEDED = {
    "digits": {"seed": 3},
    "pattern": {"seeds": {"train": 7, "validation": 8, "test": 9}},
    "yin_yang": {"seeds": {"train": 7, "validation": 8, "test": 9}},
}

pytestmark = pytest.mark.usefixtures("tiny")


def load(name, **settings):
    return load_dataset(DATASETS[name].settings(**settings))


def rows(split) -> set[bytes]:
    return {sample.tobytes() for sample in split.inputs}


@pytest.mark.parametrize("name", NAMES)
def test_settings_tell_shape_and_classes_without_loading(name):
    settings, data = DATASETS[name].settings(), load(name)
    assert data.name == name
    assert data.classes == settings.classes
    assert len(set(data.classes)) == data.num_classes >= 2
    for _, split in data.splits():
        assert split.inputs.shape == (len(split), *settings.input_shape)


@pytest.mark.parametrize("name", NAMES)
def test_values_and_labels_are_in_range_and_used(name):
    data = load(name)
    for _, split in data.splits():
        assert split.labels.dtype == np.int64
        assert split.labels.max() < data.num_classes
        assert 0 <= split.inputs.min() < 0.1
        assert 0.9 < split.inputs.max() <= 1
    if name not in FROM_FILES:
        assert set(data.test.labels) == set(range(data.num_classes))


@pytest.mark.parametrize("name", NAMES)
def test_same_settings_same_arrays(name):
    once = load(name)
    before = [(split.inputs.copy(), split.labels.copy()) for _, split in once.splits()]
    for _, split in once.splits():
        split.inputs[:] = 0  # nobody else may see this
        split.labels[:] = 0
    for (inputs, labels), (_, again) in zip(before, load(name).splits(), strict=True):
        np.testing.assert_array_equal(inputs, again.inputs)
        np.testing.assert_array_equal(labels, again.labels)


@pytest.mark.parametrize("name", sorted(set(NAMES) - COMPLETE))
def test_no_sample_is_in_two_splits(name):
    train, validation, test = (rows(split) for _, split in load(name).splits())
    assert not train & validation
    assert not train & test
    assert not validation & test


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_complete_sets_are_the_same_in_every_split(name):
    data = load(name)
    assert rows(data.train) == rows(data.validation) == rows(data.test)


@pytest.mark.parametrize("name", sorted(SEEDED))
def test_another_seed_gives_other_samples(name):
    one, other = load(name), load(name, **SEEDED[name])
    for (_, split), (_, another) in zip(one.splits(), other.splits(), strict=True):
        assert rows(split) != rows(another)


@pytest.mark.parametrize("name", sorted(DOWNLOADED))
def test_absent_files_are_named_with_their_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match=r"elsewhere.*MNIST/raw: lacks train-images.*download=true"):
        load(name)


def test_tables_are_read_without_heavy_imports():
    heavy = ["torch", "torchvision", "sklearn", "PIL", "scipy"]
    code = (
        f"import sys, snnrun.data, snnrun.encoders; print([m for m in {heavy} if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert out.stdout.strip() == "[]"
