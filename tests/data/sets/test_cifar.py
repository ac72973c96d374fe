"""CIFAR: small files in the format of its page, read by torchvision."""

import numpy as np
import pytest

from snnrun.data import downloads, load_dataset
from snnrun.data.sets.cifar import Cifar10Settings, Cifar100Settings
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import DataError
from tests.data.conftest import write_cifar

SETTINGS = {"CIFAR10": Cifar10Settings, "CIFAR100": Cifar100Settings}


@pytest.fixture(params=SETTINGS)
def cifar(request, tmp_path, monkeypatch):
    """Name of the collection, its folder, and pixels and labels of its two parts."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    return request.param, *write_cifar(request.param, tmp_path, monkeypatch)


def test_the_last_tenth_validates(cifar):
    name, _, parts = cifar
    data = load_dataset(SETTINGS[name]())
    assert [len(split) for _, split in data.splits()] == [13, 2, 4]
    pixels, labels = parts["train"]
    read = np.concatenate([data.train.inputs, data.validation.inputs])
    np.testing.assert_array_equal(read, pixels / np.float32(255))
    assert [*data.train.labels, *data.validation.labels] == labels
    np.testing.assert_array_equal(data.test.inputs, parts["test"][0] / np.float32(255))
    assert data.test.labels.tolist() == parts["test"][1]


def test_all_training_images_train_where_the_test_images_validate(cifar):
    name, _, _ = cifar
    data = load_dataset(SETTINGS[name](validation="test"))
    assert [len(split) for _, split in data.splits()] == [15, 4, 4]


def test_another_file_is_named(cifar):
    name, folder, _ = cifar
    odd = sorted(path.name for path in folder.iterdir())[-1]
    (folder / odd).write_bytes(b"cut short")
    with pytest.raises(DataError, match=f"{folder.name}: {odd}: not as published, by MD5"):
        load_dataset(SETTINGS[name]()).split("train")


def test_absent_files_are_named_or_fetched_on_request(cifar, monkeypatch):
    name, folder, _ = cifar
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(DataError, match=rf"{folder.name}: lacks .*; set data.download=true"):
        load_dataset(SETTINGS[name]())
    reader = getattr(torchvision().datasets, name)

    def download(own):
        raise RuntimeError("no network")

    monkeypatch.setattr(reader, "download", download)
    with pytest.raises(DataError, match=rf"{folder.name}: cannot download .*: no network; put"):
        load_dataset(SETTINGS[name](download=True))


def test_nothing_is_fetched_that_is_there(cifar, monkeypatch):
    monkeypatch.setattr(downloads, "_fetch", lambda *_: pytest.fail("asked for a download"))
    assert len(load_dataset(SETTINGS[cifar[0]](download=True)).test) == 4


def test_classes():
    assert Cifar10Settings().classes[3] == "cat"
    fine = Cifar100Settings().classes
    assert len(set(fine)) == 100
    assert list(fine) == sorted(fine)
    assert (fine[0], fine[98], fine[99]) == ("apple", "woman", "worm")
