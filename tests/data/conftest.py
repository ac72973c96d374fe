"""Tiny files in the format of MNIST, so that the real reader runs without the real data."""

from pathlib import Path

import numpy as np
import pytest

from snnrun.data import mnist

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
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    monkeypatch.setattr(mnist, "MNIST_SHA256", {})
    return tmp_path
