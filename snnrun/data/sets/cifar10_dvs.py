"""CIFAR10-DVS: images of CIFAR-10, moving before an event camera: 128x128 pixels, 1000 a class.

Li, Liu, Ji, Li, Shi, "CIFAR10-DVS: an event-stream dataset for object classification", Frontiers in
Neuroscience 11:309 (2017).

The files are those of its page, unpacked:
``$SNNRUN_DATA/CIFAR10-DVS/airplane/cifar10_airplane_0.aedat`` and so on. There is no official
split. Here, files are taken by their numbers: of every class, 900 to 999 test, 800 to 899
validate, and the rest trains; with ``validation: test``, 0 to 899 train.
"""

import re
from pathlib import Path
from typing import ClassVar

from snnrun.data.dataset import Dataset
from snnrun.data.downloads import Files
from snnrun.data.events.aedat2 import SIDE, read_aedat2
from snnrun.data.events.cache import frames_of
from snnrun.data.events.counts import Recording
from snnrun.data.events.recording import Events
from snnrun.data.events.settings import FrameSettings
from snnrun.data.source import Source
from snnrun.data.splitting import divide
from snnrun.errors import DataError

PAGE = "https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671"
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
SHARE = 0.1


class Cifar10DvsSettings(FrameSettings):
    """How events are counted into frames, of 128x128 pixels or fewer."""

    sensor: ClassVar = (SIDE, SIDE)
    end: ClassVar = ".aedat"

    def files(self) -> Files:
        """Return the folders of its page."""
        return Files("CIFAR10-DVS", CLASSES, page=PAGE)

    @property
    def classes(self) -> tuple[str, ...]:
        """Six animals and four vehicles."""
        return CLASSES

    def events(self, path: Path) -> Events:
        """Return the events of a recording."""
        return read_aedat2(path)


def recordings(folder: Path) -> list[Recording]:
    """Return the recordings in folders of the classes, those of a class by their numbers.

    Raises:
        DataError: a class has none, or a file has no number.
    """
    found = []
    for label, name in enumerate(CLASSES):
        paths = list((folder / name).glob("*.aedat"))
        if not paths:
            raise DataError(f"{folder / name}: has no .aedat files; expected 1000, from {PAGE}")
        found += [Recording(path, label) for path in sorted(paths, key=_number)]
    return found


def _number(path: Path) -> int:
    digits = re.search(r"(\d+)$", path.stem)
    if digits is None:
        raise DataError(
            f"{path}: its name has no number; expected one such as cifar10_airplane_0.aedat"
        )
    return int(digits[1])


def load(settings: Cifar10DvsSettings) -> Dataset:
    """Return 8,000 recordings to train, 1,000 to validate and 1,000 to test.

    With ``validation: test`` 9,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or damaged.
    """
    folder = settings.files().ready()

    def source() -> Source:
        return frames_of(settings, recordings(folder), "cifar10_dvs")

    return divide(settings, source, "test" if settings.validation == "test" else SHARE, SHARE)
