"""MNIST and Fashion-MNIST: 60,000 + 10,000 grey images of 28x28 pixels, in ten classes.

The last 10,000 of the 60,000 are the validation split, unless ``validation: test``. With
``size: 16`` an image is the middle 24x24 pixels, shrunk to 16x16 by Pillow's bilinear filter, as in
the first-spike paper (Göltz et al. 2021), whose full-sized images have the value pixel/256 instead
of pixel/255.

The files are those of MNIST's web page, in the folders that torchvision gives them:
``$SNNRUN_DATA/MNIST/raw/train-images-idx3-ubyte`` and so on.
"""

from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from snnrun.data.dataset import Dataset, DataSettings
from snnrun.data.downloads import Files
from snnrun.data.files import read_idx
from snnrun.data.forms import BYTE, Form
from snnrun.data.resize import resize
from snnrun.data.source import Array, ArraySource
from snnrun.data.splitting import Validation, of_two_files
from snnrun.errors import DataError

# Fashion-MNIST's files have the same names and sizes: only their content tells them from these.
MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
FILES = tuple(MNIST_SHA256)
_SIDE = 28  # pixels

Bytes = NDArray[np.uint8]


class MnistSettings(DataSettings):
    """Size and scale of the images, and whether to fetch them.

    collection: what torchvision calls the data set, and its folder.
    """

    collection: ClassVar[str] = "MNIST"

    size: Annotated[
        Literal[28, 16], Field(description="pixels a side; 16: the middle 24x24, shrunk")
    ] = 28
    scale: Annotated[
        Literal[255, 256], Field(description="value = pixel / scale; 256: as the first-spike paper")
    ] = 255
    validation: Validation = "held_out"
    download: Annotated[bool, Field(description="fetch the files if they are absent")] = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """One channel of size x size pixels."""
        return (1, self.size, self.size)

    def files(self) -> Files:
        """Return the four files."""
        return Files(f"{self.collection}/raw", FILES, self.collection)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Images of 28x28 pixels, which are shrunk as those of the set; or shrunk ones."""
        as_read = Form(self.input_shape, unit=self.scale, most=BYTE)
        if self.size == _SIDE:
            return (as_read,)
        shrink = partial(shrunk, size=self.size)
        whole = Form((1, _SIDE, _SIDE), unit=self.scale, most=BYTE, change=shrink, unchanged=False)
        return whole, as_read

    @property
    def training_samples(self) -> int:
        """Five sixths of 60,000, or all."""
        return 50_000 if self.validation == "held_out" else 60_000

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten digits."""
        return tuple("0123456789")


class FashionMnistSettings(MnistSettings):
    """Size and scale of the images, and whether to fetch them."""

    collection: ClassVar[str] = "FashionMNIST"

    @property
    def classes(self) -> tuple[str, ...]:
        """Ten kinds of clothes."""
        return (
            "t-shirt", "trouser", "pullover", "dress", "coat",
            "sandal", "shirt", "sneaker", "bag", "ankle boot",
        )  # fmt: skip


def shrunk(images: Array, size: int) -> Bytes:
    """Return images of 28x28 pixels, 0 to 255, as ``[samples, 1, size, size]``: their middle."""
    pixels = images.reshape(-1, _SIDE, _SIDE)[:, 2:26, 2:26].astype(np.uint8, copy=False)
    return resize(pixels, size, size)[:, None]


@lru_cache(maxsize=4)
def _images(folder: Path, part: str, collection: str, size: int) -> tuple[Bytes, Bytes]:
    """Return images ``[samples, 1, size, size]`` and labels of one pair of files."""
    known = MNIST_SHA256 if collection == "MNIST" else {}
    names = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    images = read_idx(folder / names[0], 3, known.get(names[0]))
    labels = read_idx(folder / names[1], 1, known.get(names[1]))
    if images.shape != (len(labels), _SIDE, _SIDE):
        raise DataError(
            f"{folder}: {names[0]} has shape {list(images.shape)} beside {len(labels)} labels; "
            f"expected {[len(labels), _SIDE, _SIDE]}"
        )
    return (images[:, None] if size == _SIDE else shrunk(images, size)), labels


def _load(settings: MnistSettings) -> Dataset:
    """Put a data set together."""
    folder = settings.files().ready(settings.download)

    def source(part: str) -> ArraySource:
        images, labels = _images(folder, part, settings.collection, settings.size)
        return ArraySource(images, labels.astype(np.int64), settings.scale)

    train, test = partial(source, "train"), partial(source, "t10k")
    return of_two_files(settings, settings.validation, train, test)


def load_mnist(settings: MnistSettings) -> Dataset:
    """Return 50,000 images to train, 10,000 to validate and 10,000 to test, float32.

    With ``validation: test`` 60,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent, damaged or of another data set.
    """
    return _load(settings)


def load_fashion_mnist(settings: FashionMnistSettings) -> Dataset:
    """Return 50,000 images to train, 10,000 to validate and 10,000 to test, float32.

    With ``validation: test`` 60,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or damaged.
    """
    return _load(settings)
