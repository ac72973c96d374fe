"""What holds for every data set in the table."""

import os
import subprocess
import sys

import numpy as np
import pytest

from snnrun.core.capabilities import Values
from snnrun.data import DATASETS, load_dataset
from snnrun.data.source import ArraySource, Subset
from snnrun.errors import DataError

ACTED = {"gymnasium"}  # numbers of episodes, no samples: tests/data/sets/test_environments.py
NAMES = sorted(set(DATASETS) - ACTED)
COMPLETE = {"bars", "logic", "xor"}  # all there is, so train, validation and test are the same
DOWNLOADED = {"fashion_mnist", "mnist"}
FROM_FILES = DOWNLOADED | {"cifar10", "cifar100", "pattern_storage"}
BY_HAND = {"cifar10_dvs", "dvs128_gesture", "n_mnist", "shd", "ssc"}
SHARES = {"validation": 0.2, "test": 0.3}
SAID = {  # by everybody who names them
    "arrays": {"train": {"values": "x.npy", "targets": "y.npy"}, **SHARES},
    "csv": {"train": "table.csv", **SHARES},
    "image_folder": {"folder": "pets", "size": (6, 8), **SHARES},
}
SEEDED = {
    "digits": {"seed": 3},
    "pattern": {"seeds": {"train": 7, "validation": 8, "test": 9}},
    "yin_yang": {"seeds": {"train": 7, "validation": 8, "test": 9}},
}

pytestmark = pytest.mark.usefixtures("all_files")


def settings_of(name, **said):
    return DATASETS[name].settings(**SAID.get(name, {}), **said)


def load(name, **settings):
    return load_dataset(settings_of(name, **settings))


def everything(split):
    return split.read(np.arange(len(split)))


def rows(split) -> set[bytes]:
    return {sample.tobytes() for sample in everything(split)[0]}


def writable(split):
    """The arrays in memory that a source reads and that could be changed."""
    source = split.whole if isinstance(split, Subset) else split
    arrays = [source.values, source.targets()] if isinstance(source, ArraySource) else []
    return [array for array in arrays if array.flags.writeable]


@pytest.mark.parametrize("name", NAMES)
def test_settings_tell_shape_and_classes_without_loading(name):
    settings, data = settings_of(name), load(name)
    assert data.settings == settings
    assert data.classes == settings.classes
    assert len(set(data.classes)) == settings.outputs >= 2
    for _, split in data.splits():
        assert split.shape == settings.sample_shape
        assert everything(split)[0].shape == (len(split), *settings.sample_shape)


@pytest.mark.parametrize("name", NAMES)
def test_values_and_labels_are_in_range_and_used(name):
    data = load(name)
    for _, split in data.splits():
        values, labels = everything(split)
        np.testing.assert_array_equal(labels, split.targets())
        assert labels.dtype == np.int64
        assert 0 <= labels.min() <= labels.max() < len(data.classes)
        assert values.dtype in (np.float32, np.float64)
        assert 0 <= values.min() < 0.1
        if data.settings.values is Values.COUNTS:
            assert values.max() >= 1
            assert (values == np.round(values)).all()
        else:
            assert 0.9 < values.max() <= 1
    if name not in FROM_FILES:
        assert set(data.test.targets()) == set(range(len(data.classes)))


@pytest.mark.parametrize("name", NAMES)
def test_same_settings_same_arrays(name):
    once, again = load(name), load(name)
    before = [(*everything(split), split.digest()) for _, split in once.splits()]
    for _, split in once.splits():
        for array in writable(split):  # nobody else may see this
            array[:] = 0
    for (values, labels, digest), (_, split) in zip(before, again.splits(), strict=True):
        np.testing.assert_array_equal(values, everything(split)[0])
        np.testing.assert_array_equal(labels, everything(split)[1])
        assert split.digest() == digest


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_read_by_number_each_on_its_own(name):
    split = load(name).train
    values, labels = everything(split)
    chosen = np.array([2, 0, 3, 2])
    found, targets = split.read(chosen)
    np.testing.assert_array_equal(found, values[chosen])
    np.testing.assert_array_equal(targets, labels[chosen])


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


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_absent_files_are_named_with_the_page_that_has_them(name, tmp_path, monkeypatch):
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match=r"elsewhere/\S+: lacks .*; get them from https://\S+ and"):
        load(name)


def test_tables_are_read_without_heavy_imports():
    heavy = ["torch", "torchvision", "sklearn", "PIL", "scipy", "h5py", "tqdm"]
    code = (
        f"import sys, snnrun.data, snnrun.encoders; print([m for m in {heavy} if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    assert out.stdout.strip() == "[]"
