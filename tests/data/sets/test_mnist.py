"""MNIST: splits, scale, the 16x16 images, and what is wrong with files that are wrong."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from snnrun.data import downloads, load_dataset
from snnrun.data.files import read_idx
from snnrun.data.sets import mnist
from snnrun.data.sets.mnist import FashionMnistSettings, MnistSettings
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import DataError
from tests.golden import golden

SETTINGS = {"MNIST": MnistSettings, "FashionMNIST": FashionMnistSettings}
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize("collection", SETTINGS)
def test_the_last_sixth_of_the_training_file_validates(tiny, collection):
    data = load_dataset(SETTINGS[collection]())
    assert [len(split) for _, split in data.splits()] == [15, 3, 7]
    pixels = np.concatenate([data.train.inputs, data.validation.inputs]) * 255
    raw = read_idx(tiny / collection / "raw" / IMAGES, 3)
    np.testing.assert_array_equal(np.rint(pixels[:, 0]), raw)
    labels = np.concatenate([data.train.labels, data.validation.labels])
    np.testing.assert_array_equal(labels, read_idx(tiny / collection / "raw" / LABELS, 1))


def test_all_training_images_train_where_the_test_images_validate(tiny):
    data = load_dataset(MnistSettings(validation="test"))
    assert [len(split) for _, split in data.splits()] == [18, 7, 7]
    np.testing.assert_array_equal(data.train.labels, read_idx(tiny / "MNIST" / "raw" / LABELS, 1))
    assert data.validation is data.test


@pytest.mark.parametrize("scale", [255, 256])
def test_values_are_pixels_over_the_scale(tiny, scale):
    test = load_dataset(MnistSettings(scale=scale)).test
    raw = read_idx(tiny / "MNIST" / "raw" / "t10k-images-idx3-ubyte", 3)
    assert test.inputs.dtype == np.float32
    np.testing.assert_array_equal(test.inputs[:, 0], (raw / scale).astype(np.float32))


def test_small_images_are_the_middle_shrunk(tiny):
    test = load_dataset(MnistSettings(size=16)).test
    raw = read_idx(tiny / "MNIST" / "raw" / "t10k-images-idx3-ubyte", 3)
    middle = Image.fromarray(raw[4]).crop((2, 2, 26, 26))
    expected = np.asarray(middle.resize((16, 16), Image.Resampling.BILINEAR))
    assert test.inputs.shape == (7, 1, 16, 16)
    np.testing.assert_array_equal(np.rint(test.inputs[4, 0] * 255), expected)


@pytest.mark.usefixtures("real_mnist")
def test_the_real_files():
    data = load_dataset(MnistSettings())
    assert [len(split) for _, split in data.splits()] == [50_000, 10_000, 10_000]
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.train.inputs.mean() == pytest.approx(0.1307, abs=1e-3)


@pytest.mark.usefixtures("real_mnist")
def test_small_images_equal_the_golden_ones():
    expected = golden("first_spike/data_mnist16")
    for name, split in load_dataset(MnistSettings(size=16)).splits():
        key = name.replace("validation", "val")
        np.testing.assert_array_equal(split.inputs[:200].reshape(200, 256), expected[f"{key}_raw"])
        np.testing.assert_array_equal(split.labels[:200], expected[f"{key}_y"])
        pixels = np.rint(split.inputs * 255).astype(np.uint8)
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == str(expected[f"{key}_sha256_u8"])


def test_a_truncated_file_is_named(tiny):
    path = tiny / "MNIST" / "raw" / IMAGES
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"MNIST/raw/{IMAGES}: has .* bytes; its header says"):
        load_dataset(MnistSettings()).split("train")


def test_the_files_of_another_set_are_named(tiny, monkeypatch):
    monkeypatch.setattr(mnist, "MNIST_SHA256", {LABELS: "0" * 64})
    with pytest.raises(DataError, match=f"MNIST/raw/{LABELS}: not the published file"):
        load_dataset(MnistSettings()).split("train")
    assert len(load_dataset(FashionMnistSettings()).test) == 7


def test_images_and_labels_that_do_not_match_are_named(tiny):
    folder = tiny / "MNIST" / "raw"
    (folder / LABELS).write_bytes((folder / "t10k-labels-idx1-ubyte").read_bytes())
    with pytest.raises(DataError, match=rf"{IMAGES} has shape \[18, 28, 28\] beside 7 labels"):
        load_dataset(MnistSettings()).split("train")


def test_one_absent_file_is_named(tiny):
    (tiny / "MNIST" / "raw" / LABELS).unlink()
    with pytest.raises(DataError, match=f"MNIST/raw: lacks {LABELS}; set data.download=true"):
        load_dataset(MnistSettings())


def test_absent_files_are_downloaded_on_request(tiny, monkeypatch):
    path = tiny / "MNIST" / "raw" / LABELS
    content = path.read_bytes()
    path.unlink()

    def download(root, download):
        assert (root, download) == (tiny, True)
        path.write_bytes(content)

    door = SimpleNamespace(datasets=SimpleNamespace(MNIST=download))
    monkeypatch.setattr(downloads, "torchvision", lambda: door)
    assert len(load_dataset(MnistSettings(download=True)).test) == 7


def test_nothing_is_downloaded_that_is_there(tiny, monkeypatch):
    monkeypatch.setattr(downloads, "torchvision", lambda: pytest.fail("asked for a download"))
    assert len(load_dataset(MnistSettings(download=True)).test) == 7


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("tried a\ntried b: 404"), "tried b: 404"), (OSError(), "OSError")],
)
def test_a_download_that_fails_says_what_goes_where(tmp_path, monkeypatch, error, reason):
    def fail(root, download):
        raise error

    door = SimpleNamespace(datasets=SimpleNamespace(FashionMNIST=fail))
    monkeypatch.setattr(downloads, "torchvision", lambda: door)
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"FashionMNIST/raw: cannot download {IMAGES}.*: {reason};"):
        load_dataset(FashionMnistSettings(download=True))


@pytest.mark.parametrize("settings", [{"size": 20}, {"scale": 128}, {"sise": 16}])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValidationError, match=next(iter(settings))):
        MnistSettings(**settings)


@pytest.mark.parametrize("collection", SETTINGS)
def test_torchvision_reads_the_same_files_alike(tiny, collection):
    for train in (True, False):
        theirs = getattr(torchvision().datasets, collection)(tiny, train=train)
        data = load_dataset(SETTINGS[collection](validation="test"))
        ours = data.train if train else data.test
        np.testing.assert_array_equal(np.rint(ours.inputs[:, 0] * 255), theirs.data)
        np.testing.assert_array_equal(ours.labels, theirs.targets)
