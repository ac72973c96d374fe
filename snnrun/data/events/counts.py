"""Samples that are counts of events, made from files when they are wanted, or kept once made."""

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnrun.data.events.frames import By, Sides, count_frames
from snnrun.data.events.recording import Events
from snnrun.data.source import Array, FloatArray, Labels, Numbers, Source, check_pair
from snnrun.errors import DataError

Counts = NDArray[np.int64]
#: Another number where samples of the same files and settings become others.
FORMAT = 1


class CountSource(Source):
    """Samples of counts, each of which is made by its number.

    Args:
        shape: of a sample, its time first.
        labels: ``[samples]``, the class of each.

    Raises:
        DataError: there is no sample.
    """

    def __init__(self, shape: tuple[int, ...], labels: Labels) -> None:
        self._shape, self._labels = shape, labels
        check_pair((len(labels), *shape), labels.shape)

    @abstractmethod
    def counts(self, number: int) -> Counts:
        """Return a sample.

        Raises:
            DataError: its file is absent or damaged.
        """

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self._shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return counts ``[n, *shape]``, float32, and labels."""
        values = np.empty((len(numbers), *self.shape), np.float32)
        for place, number in enumerate(numbers):
            values[place] = self.counts(int(number))
        return values, self._labels[numbers]

    def targets(self) -> Labels:
        """Return all labels."""
        return self._labels

    def digest(self) -> str:
        """Return a SHA-256 of what samples are made from, and of what becomes of them."""
        found = hashlib.sha256(repr((FORMAT, self.shape, self.facts())).encode())
        found.update(self._labels.tobytes())
        return found.hexdigest()

    @abstractmethod
    def facts(self) -> object:
        """Return what tells these samples from others of the same shape and labels."""


@dataclass(frozen=True)
class Recording:
    """Where the events of a sample lie: in a file, or in a part of one.

    path: of the file.
    label: the class of the sample.
    between: microseconds; None: all of the file.
    """

    path: Path
    label: int
    between: tuple[int, int] | None = None


class FrameSource(CountSource):
    """Frames of recordings.

    Args:
        recordings: of the samples.
        read: reads the events of a file.
        frames, by, sensor, sides: see :func:`count_frames`.

    Raises:
        DataError: there is no recording.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        read: Callable[[Path], Events],
        frames: int,
        by: By,
        sensor: Sides,
        sides: Sides,
    ) -> None:
        labels = np.array([each.label for each in recordings], np.int64)
        super().__init__((frames, 2, *sides), labels)
        self.recordings, self._read, self.by = recordings, read, by
        self.sensor, self.sides = sensor, sides

    def counts(self, number: int) -> Counts:
        """Return the frames of a recording, ``[frames, 2, height, width]``."""
        recording = self.recordings[number]
        events = self._read(recording.path)
        if recording.between is not None:
            events = events.between(*recording.between)
            if not len(events):
                start, stop = recording.between
                raise DataError(
                    f"{recording.path}: holds no event between {start} and {stop} us, where its "
                    "labels have a sample; replace both"
                )
        return count_frames(events, self.shape[0], self.by, self.sensor, self.sides)

    def facts(self) -> object:
        """Return name, size and time of every file, the parts of them, and how they are cut."""
        parts = [each.between for each in self.recordings]
        return self.by, self.sensor, file_facts(each.path for each in self.recordings), parts


def file_facts(paths: Iterable[Path]) -> list[tuple[str, str, int, int]]:
    """Return folder, name, size and time of last change of every file, each once."""
    known = ((path, path.stat()) for path in dict.fromkeys(paths))
    return [(path.parent.name, path.name, it.st_size, it.st_mtime_ns) for path, it in known]
