"""Tiny files in the formats of MNIST and of pytorch-sbs, for the real readers."""

from pathlib import Path

import numpy as np
import pytest

from snnrun.data.sets import mnist

TRAIN, TEST = 18, 7  # images in each part


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Path:
    """A data folder with both collections; SNNRUN_DATA names it, no checksum is known."""
    random = np.random.default_rng(0)
    for collection in ("MNIST", "FashionMNIST"):
        folder = tmp_path / collection / "raw"
        folder.mkdir(parents=True)
        for part, count in (("train", TRAIN), ("t10k", TEST)):
            images = random.integers(256, size=(count, 28, 28))
            write_idx(folder / f"{part}-images-idx3-ubyte", images)
            write_idx(folder / f"{part}-labels-idx1-ubyte", random.integers(10, size=count))
    for part, count in (("Train", TRAIN), ("Test", TEST)):
        images = random.random((count, 28, 28), dtype=np.float32)
        np.save(tmp_path / f"{part}PatternStorage.npy", images)
        labels = random.integers(10, size=count, dtype=np.uint64)
        np.save(tmp_path / f"{part}LabelStorage.npy", labels)
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    monkeypatch.setattr(mnist, "MNIST_SHA256", {})
    return tmp_path
