"""What a config may say about recordings of event cameras."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from snnrun.core.capabilities import Capability, Values
from snnrun.core.steps import Steps
from snnrun.data.dataset import DataSettings
from snnrun.data.events.counts import FrameSource, Recording
from snnrun.data.events.frames import By, Sides
from snnrun.data.events.recording import Events
from snnrun.data.source import Source
from snnrun.data.splitting import Validation

Keep = Annotated[
    bool,
    Field(description="keep samples in $SNNRUN_DATA/frames, so that they are made only once"),
]


class FrameSettings(DataSettings):
    """How events are counted into frames.

    sensor: height and width of the camera, pixels.
    end: how the name of a recording ends.
    """

    offers: ClassVar[frozenset[Capability]] = frozenset({Capability.MOVING_IMAGES})
    sensor: ClassVar[Sides]
    end: ClassVar[str]

    frames: Annotated[Steps, Field(description="steps of a sample")] = 10
    by: Annotated[
        By, Field(description="number: as many events in each frame; time: equally long frames")
    ] = "number"
    size: Annotated[
        int | None,
        Field(ge=1, description="pixels a side, by summing those of the camera; null: as they are"),
    ] = None
    validation: Validation = "held_out"
    keep: Keep = True

    @field_validator("size")
    @classmethod
    def _shrinks(cls, size: int | None) -> int | None:
        if size is not None and size > min(cls.sensor):
            raise ValueError(f"must be {min(cls.sensor)} or less, the camera's, got {size}")
        return size

    @property
    def sides(self) -> Sides:
        """Height and width of a frame."""
        return self.sensor if self.size is None else (self.size, self.size)

    @property
    def values(self) -> Values:
        """Numbers of events."""
        return Values.COUNTS

    @property
    def steps(self) -> int:
        """One for each frame."""
        return self.frames

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Pixels that became darker, and those that became lighter; height; width."""
        return (2, *self.sides)

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""

    @abstractmethod
    def events(self, path: Path) -> Events:
        """Return the events of a recording.

        Raises:
            DataError: the file cannot be read or is damaged.
        """

    def within(self, path: Path) -> list[Recording]:
        """Return the samples in a recording that somebody gives: all of it is one."""
        return [Recording(path, 0)]

    def framed(self, recordings: Sequence[Recording]) -> FrameSource:
        """Return what counts the events of recordings, whenever they are wanted.

        Raises:
            DataError: there is no recording.
        """
        return FrameSource(recordings, self.events, self.frames, self.by, self.sensor, self.sides)

    def recordings(self) -> Mapping[str, Callable[[Path], Source]]:
        """Return what makes frames of a recording of this camera."""
        return {self.end: lambda path: self.framed(self.within(path))}
