"""DVS128 Gesture: eleven gestures of 29 people before an event camera of 128x128 pixels.

Amir et al., "A low power, fully event-based gesture recognition system", CVPR 2017.

The files are those of its page, unpacked: ``$SNNRUN_DATA/DvsGesture/user01_fluorescent.aedat``,
``user01_fluorescent_labels.csv`` and so on, with ``trials_to_train.txt`` and
``trials_to_test.txt``, which name the recordings of each split. A recording holds a gesture of
every class; its labels say from when to when, and what lies between is left out. The last tenth of
every class of the training recordings, as they are listed, validates, unless ``validation: test``.
"""

import csv
import os
from functools import partial
from pathlib import Path
from typing import ClassVar

from snnrun.core.disk import read_file
from snnrun.core.paths import cut
from snnrun.data.dataset import Dataset
from snnrun.data.downloads import Files
from snnrun.data.events.aedat3 import read_aedat3
from snnrun.data.events.cache import frames_of
from snnrun.data.events.counts import Recording
from snnrun.data.events.recording import Events
from snnrun.data.events.settings import FrameSettings
from snnrun.data.source import Source
from snnrun.data.splitting import divide
from snnrun.errors import DataError

PAGE = "https://research.ibm.com/interactive/dvsgesture/"
LISTS = {"train": "trials_to_train.txt", "test": "trials_to_test.txt"}
COLUMNS = ["class", "startTime_usec", "endTime_usec"]
SHARE = 0.1
_LONGEST = 2**20  # bytes of a table of gestures


class Dvs128GestureSettings(FrameSettings):
    """How events are counted into frames, of 128x128 pixels or fewer."""

    sensor: ClassVar = (128, 128)
    end: ClassVar = ".aedat"

    def files(self) -> Files:
        """Return the lists, which name all others."""
        return Files("DvsGesture", tuple(LISTS.values()), page=PAGE)

    @property
    def classes(self) -> tuple[str, ...]:
        """The gestures."""
        return (
            "hand clapping", "right hand wave", "left hand wave", "right arm clockwise",
            "right arm counterclockwise", "left arm clockwise", "left arm counterclockwise",
            "arm roll", "air drums", "air guitar", "other gestures",
        )  # fmt: skip

    def events(self, path: Path) -> Events:
        """Return the events of a recording."""
        return read_aedat3(path)

    def within(self, path: Path) -> list[Recording]:
        """Return the gestures that its labels tell of, or all of it where it has none beside it."""
        labels = _labels(path)
        if not os.path.isfile(labels):
            return super().within(path)
        return [Recording(path, *each) for each in gestures(labels, len(self.classes))]


def recordings(folder: Path, split: str, classes: int) -> list[Recording]:
    """Return the gestures of the recordings that a list names, in its order.

    Raises:
        DataError: a file of them is absent, or labels are damaged.
    """
    names = [line.strip() for line in _lines(folder / LISTS[split])]
    found = []
    for name in filter(None, names):
        path = folder / name
        if not os.path.isfile(path):  # a name may be one that no file has
            raise DataError(
                f"{cut(str(path), 300)}: is absent, and {LISTS[split]} names it; get it from {PAGE}"
            )
        found += [Recording(path, *each) for each in gestures(_labels(path), classes)]
    return found


def _labels(path: Path) -> Path:
    return path.with_name(f"{path.stem}_labels.csv")


def gestures(path: Path, classes: int) -> list[tuple[int, tuple[int, int]]]:
    """Return the class, from 0 on, and the time, in microseconds, of every gesture in a file.

    Raises:
        DataError: the file is absent or damaged.
    """
    try:
        header, *rows = list(csv.reader(_lines(path))) or [[]]
    except csv.Error as error:
        raise DataError(f"{path}: cannot be read as a table: {error}; replace it") from error
    if header != COLUMNS:
        begin = cut(repr(",".join(header)), 80)
        raise DataError(f"{path}: begins with {begin}; expected {','.join(COLUMNS)}; replace it")
    found = []
    for line, row in enumerate(rows, 2):
        try:
            label, start, stop = map(int, row)
        except ValueError:
            label = start = stop = 0
        if not (1 <= label <= classes and 0 <= start < stop):
            raise DataError(
                f"{path}, line {line}: {','.join(row)!r}; expected a class from 1 to {classes}, "
                "and microseconds of its start and end; replace it"
            )
        found.append((label - 1, (start, stop)))
    return found


def _lines(path: Path) -> list[str]:
    try:
        return read_file(path, _LONGEST).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise DataError(f"{path}: cannot be read: {said}") from error


def load(settings: Dvs128GestureSettings) -> Dataset:
    """Return about 1,060 gestures to train, 120 to validate and 288 to test.

    With ``validation: test`` those that validate train, and those that test validate too.

    Raises:
        DataError: if a file is absent or damaged.
    """
    folder = settings.files().ready()

    def source(split: str) -> Source:
        found = recordings(folder, split, len(settings.classes))
        return frames_of(settings, found, f"dvs128_gesture-{split}")

    train, test = partial(source, "train"), partial(source, "test")
    return divide(settings, train, "test" if settings.validation == "test" else SHARE, test)
