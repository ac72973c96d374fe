"""Tiny files in the formats of the data sets, for the real readers."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from snnrun.data.sets import mnist
from snnrun.data.torchvision_door import torchvision
from tests.data.pictures import PICTURES
from tests.data.recordings import write_event_sets

TRAIN, TEST = 18, 7  # images in each part


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_collections(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write both collections, and patterns; SNNRUN_DATA names the folder, no checksum is known."""
    random = np.random.default_rng(0)
    for collection in ("MNIST", "FashionMNIST"):
        folder = root / collection / "raw"
        folder.mkdir(parents=True)
        for part, count in (("train", TRAIN), ("t10k", TEST)):
            images = random.integers(256, size=(count, 28, 28))
            write_idx(folder / f"{part}-images-idx3-ubyte", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte", random.integers(10, size=count))
    for part, count in (("Train", TRAIN), ("Test", TEST)):
        images = random.random((count, 28, 28), dtype=np.float32)
        np.save(root / f"{part}PatternStorage.npy", images)
        labels = random.integers(10, size=count, dtype=np.uint64)
        np.save(root / f"{part}LabelStorage.npy", labels)
    monkeypatch.setenv("SNNRUN_DATA", str(root))
    monkeypatch.setattr(mnist, "MNIST_SHA256", {})


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Path:
    """A data folder with both collections."""
    write_collections(tmp_path, monkeypatch)
    return tmp_path


def write_pickle(path: Path, content: Any) -> list[str]:
    """Write a pickle as Python 2 did; return its name and MD5, as torchvision lists them."""
    data = pickle.dumps(content, protocol=2)
    path.write_bytes(data)
    return [path.name, hashlib.md5(data).hexdigest()]


def write_cifar(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict]:
    """Write a small CIFAR10 or CIFAR100; return its folder, and pixels and labels of its parts."""
    reader = getattr(torchvision().datasets, name)
    folder = root / reader.base_folder
    folder.mkdir()
    random = np.random.default_rng(0)
    key = {"CIFAR10": "labels", "CIFAR100": "fine_labels"}[name]
    parts, lists = {}, {}
    for part, known, count in (("train", reader.train_list, 15), ("test", reader.test_list, 4)):
        lists[part], pixels, labels = [], [], []
        for file, _ in known:  # five batches of CIFAR-10, one file of CIFAR-100
            own = random.integers(256, size=(count // len(known), 3072), dtype=np.uint8)
            given = random.integers(10, size=len(own)).tolist()
            batch = {"data": own, key: given, "coarse_labels": [99] * len(own)}
            lists[part].append(write_pickle(folder / file, batch))
            pixels.append(own)
            labels += given
        parts[part] = np.concatenate(pixels).reshape(-1, 3, 32, 32), labels
    _, md5 = write_pickle(folder / reader.meta["filename"], {reader.meta["key"]: ["a", "b"]})
    monkeypatch.setattr(reader, "train_list", lists["train"])
    monkeypatch.setattr(reader, "test_list", lists["test"])
    monkeypatch.setattr(reader, "meta", {**reader.meta, "md5": md5})
    return folder, parts


@pytest.fixture(scope="session")
def event_sets(tmp_path_factory) -> Path:
    """A folder with the data sets of events, written once."""
    folder = tmp_path_factory.mktemp("events")
    write_event_sets(folder)
    return folder


def write_others(root: Path, event_sets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write files for every other data set, in two classes where they are ours."""
    for name in ("CIFAR10", "CIFAR100"):
        write_cifar(name, root, monkeypatch)
    random = np.random.default_rng(1)
    np.save(root / "x.npy", random.integers(256, size=(TRAIN, 5, 4), dtype=np.uint8))
    np.save(root / "y.npy", np.arange(TRAIN) % 2)
    rows = random.random((TRAIN, 3))
    lines = [",".join(map(str, row)) + f",{'ab'[i % 2]}\n" for i, row in enumerate(rows)]
    (root / "table.csv").write_text("".join(lines))
    for number in range(TRAIN):
        path = root / "pets" / ("cat", "dog")[number % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(256, size=(7, 8, 3), dtype=np.uint8)).save(path)
    for folder in event_sets.iterdir():
        (root / folder.name).symlink_to(folder)


@pytest.fixture
def all_files(tiny: Path, event_sets: Path, monkeypatch) -> Path:
    """The same folder, with files for every other data set."""
    write_others(tiny, event_sets, monkeypatch)
    return tiny


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """A folder of small pictures in two classes."""
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    random = np.random.default_rng(0)
    for number in range(PICTURES + 8):
        path = tmp_path / "pets" / ("cat" if number % 3 else "dog") / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(256, size=(9, 8, 3), dtype=np.uint8)).save(path)
    return tmp_path / "pets"
