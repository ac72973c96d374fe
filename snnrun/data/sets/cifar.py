"""CIFAR-10 and CIFAR-100: 50,000 + 10,000 colour images of 32x32 pixels, in 10 or 100 classes.

The last tenth of the 50,000 validates, unless ``validation: test``. Krizhevsky, "Learning multiple
layers of features from tiny images" (2009); https://www.cs.toronto.edu/~kriz/cifar.html.

The files are those of that page, unpacked as torchvision does: ``$SNNRUN_DATA/cifar-10-batches-py``
and ``cifar-100-python``. They are pickles, which could run code; so torchvision checks the MD5 of
each before it reads them.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from snnrun.data.dataset import Dataset, DataSettings
from snnrun.data.downloads import Files
from snnrun.data.files import data_folder
from snnrun.data.forms import BYTE, Form
from snnrun.data.source import ArraySource
from snnrun.data.splitting import Validation, of_two_files
from snnrun.data.torchvision_door import torchvision
from snnrun.errors import DataError


class Cifar10Settings(DataSettings):
    """What validates, and whether to fetch the files.

    collection: what torchvision calls the data set.
    """

    collection: ClassVar[str] = "CIFAR10"

    validation: Validation = "held_out"
    download: Annotated[bool, Field(description="fetch the files if they are absent")] = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Red, green and blue of 32x32 pixels."""
        return (3, 32, 32)

    def files(self) -> Files:
        """Return what the archive holds."""
        folder = self.reader().base_folder
        return Files(folder, tuple(self.sums()), self.collection)

    def reader(self) -> Any:
        """Return torchvision's reader of the files."""
        return getattr(torchvision().datasets, self.collection)

    def sums(self) -> dict[str, str]:
        """Return the MD5 of each file."""
        reader = self.reader()
        meta = {reader.meta["filename"]: reader.meta["md5"]}
        return {**dict(reader.train_list), **dict(reader.test_list), **meta}

    @property
    def forms(self) -> tuple[Form, ...]:
        """Pixels of bytes."""
        return (Form(self.input_shape, unit=BYTE, most=BYTE),)

    @property
    def training_samples(self) -> int:
        """All of 50,000, or all but the last tenth."""
        return 45_000 if self.validation == "held_out" else 50_000

    @property
    def classes(self) -> tuple[str, ...]:
        """Six animals and four vehicles."""
        return (
            "airplane", "automobile", "bird", "cat", "deer",
            "dog", "frog", "horse", "ship", "truck",
        )  # fmt: skip


class Cifar100Settings(Cifar10Settings):
    """What validates, and whether to fetch the files."""

    collection: ClassVar[str] = "CIFAR100"

    @property
    def classes(self) -> tuple[str, ...]:
        """The fine labels."""
        return tuple(_FINE.split())


_FINE = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
    camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
    cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
    lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
    oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
    possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
    spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
    train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


def _load(settings: Cifar10Settings) -> Dataset:
    """Put a data set together."""
    folder = settings.files().ready(settings.download)
    reader, sums = settings.reader(), settings.sums()

    def source(train: bool) -> ArraySource:
        try:
            read = reader(data_folder(), train=train)
        except RuntimeError as error:
            odd = _odd(folder, sums)
            raise DataError(f"{folder}: {odd}: not as published, by MD5; replace it") from error
        images = np.ascontiguousarray(read.data.transpose(0, 3, 1, 2))
        return ArraySource(images, np.array(read.targets, np.int64), BYTE)

    train, test = partial(source, True), partial(source, False)
    return of_two_files(settings, settings.validation, train, test, parts=10)


def _odd(folder: Path, sums: Mapping[str, str]) -> str:
    """Return the names of files whose MD5 is another."""
    check = torchvision().datasets.utils.check_integrity
    return ", ".join(name for name, md5 in sums.items() if not check(folder / name, md5))


def load_cifar10(settings: Cifar10Settings) -> Dataset:
    """Return 45,000 images to train, 5,000 to validate and 10,000 to test, float32.

    With ``validation: test`` 50,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or not the published one.
    """
    return _load(settings)


def load_cifar100(settings: Cifar100Settings) -> Dataset:
    """Return 45,000 images to train, 5,000 to validate and 10,000 to test, float32.

    With ``validation: test`` 50,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or not the published one.
    """
    return _load(settings)
