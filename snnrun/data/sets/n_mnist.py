"""N-MNIST: the digits of MNIST, seen by an event camera that moves: 34x34 pixels, 0.3 s.

Orchard, Jayawant, Cohen, Thakor, "Converting static image datasets to spiking neuromorphic datasets
using saccades", Frontiers in Neuroscience 9:437 (2015).

The files are those of its page, unpacked: ``$SNNRUN_DATA/N-MNIST/Train/0/00002.bin`` and so on. A
file has the number of its image in MNIST; files are read in that order, so the last sixth of them,
which validates, are the images that validate in MNIST.
"""

from functools import partial
from pathlib import Path
from typing import ClassVar

from snnrun.data.dataset import Dataset
from snnrun.data.downloads import Files
from snnrun.data.events.atis_bin import read_bin
from snnrun.data.events.cache import frames_of
from snnrun.data.events.counts import Recording
from snnrun.data.events.recording import Events
from snnrun.data.events.settings import FrameSettings
from snnrun.data.source import Source
from snnrun.data.splitting import of_two_files
from snnrun.errors import DataError

PAGE = "https://www.garrickorchard.com/datasets/n-mnist"
DIGITS = tuple("0123456789")


class NMnistSettings(FrameSettings):
    """How events are counted into frames of 34x34 pixels."""

    sensor: ClassVar = (34, 34)
    end: ClassVar = ".bin"

    def files(self) -> Files:
        """Return the folders of its page."""
        return Files("N-MNIST", ("Train", "Test"), page=PAGE)

    @property
    def classes(self) -> tuple[str, ...]:
        """The ten digits."""
        return DIGITS

    def events(self, path: Path) -> Events:
        """Return the events of a recording."""
        return read_bin(path)


def recordings(folder: Path) -> list[Recording]:
    """Return the recordings in folders of the digits, by the number of their image.

    Raises:
        DataError: a digit has none.
    """
    found = {digit: sorted((folder / digit).glob("*.bin")) for digit in DIGITS}
    empty = [digit for digit, paths in found.items() if not paths]
    if empty:
        raise DataError(
            f"{folder}: has no .bin files in {', '.join(empty)}; expected some of every digit, "
            f"from {PAGE}"
        )
    each = [Recording(path, int(digit)) for digit, paths in found.items() for path in paths]
    return sorted(each, key=lambda one: (one.path.stem, one.label))


def load(settings: NMnistSettings) -> Dataset:
    """Return 50,000 recordings to train, 10,000 to validate and 10,000 to test.

    With ``validation: test`` 60,000 train, and those that test validate too.

    Raises:
        DataError: if a file is absent or damaged.
    """
    folder = settings.files().ready()

    def source(part: str) -> Source:
        return frames_of(settings, recordings(folder / part), f"n_mnist-{part.lower()}")

    train, test = partial(source, "Train"), partial(source, "Test")
    return of_two_files(settings, settings.validation, train, test)
