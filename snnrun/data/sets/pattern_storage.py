"""Images in numpy files, as pytorch-sbs keeps them: ``{Train,Test}{Pattern,Label}Storage.npy``.

Patterns are ``[samples, height, width]`` or, with colours, ``[samples, height, width, channel]``;
each file is divided by its largest value. Labels are whole numbers from 0 on. The last sixth of
the training patterns is the validation split, unless ``validation: test``. Source: https://github.com/davrot/pytorch-sbs
"""

from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from snnrun.data.array_files import ArrayFile
from snnrun.data.dataset import Dataset, DataSettings, Size
from snnrun.data.files import data_folder, expanded
from snnrun.data.source import Array, ArraySource
from snnrun.data.splitting import Validation, of_two_files
from snnrun.data.targets import whole_numbers
from snnrun.errors import DataError

FILES = tuple(
    f"{part}{what}Storage.npy" for part in ("Train", "Test") for what in ("Pattern", "Label")
)


class PatternStorageSettings(DataSettings):
    """Where the files lie, and what is in them."""

    folder: Annotated[
        str, Field(description="the folder of the four files, if not absolute: in SNNRUN_DATA")
    ] = "."
    shape: Annotated[
        tuple[Size, Size, Size], Field(description="channels, height and width of a pattern")
    ] = (1, 28, 28)
    names: Annotated[tuple[str, ...], Field(min_length=2, description="of the classes")] = tuple(
        "0123456789"
    )
    validation: Validation = "held_out"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return self.shape

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.names


def shape_of(patterns: Array) -> tuple[int, ...]:
    """Return (channels, height, width) of patterns as they are stored.

    Example:
        >>> shape_of(np.zeros((5, 28, 24))), shape_of(np.zeros((5, 32, 30, 3)))
        ((1, 28, 24), (3, 32, 30))
    """
    _, *size = patterns.shape
    height, width, channels = size if len(size) == 3 else (*size, 1)
    return channels, height, width


def load(settings: PatternStorageSettings) -> Dataset:
    """Return the patterns, float32.

    Raises:
        DataError: a file is absent or damaged, or holds something else than the settings say.
    """
    folder = data_folder() / expanded(settings.folder)
    train, test = (partial(_read, folder, part, settings) for part in ("Train", "Test"))
    return of_two_files(settings, settings.validation, train, test)


def _read(folder: Path, part: str, settings: PatternStorageSettings) -> ArraySource:
    """Return patterns ``[samples, channel, height, width]`` in [0, 1] and their labels."""
    file, names = (ArrayFile(folder / f"{part}{what}Storage.npy") for what in ("Pattern", "Label"))
    patterns, labels = file.open(), whole_numbers(np.array(names.open()).reshape(-1), str(names))
    if patterns.ndim not in (3, 4) or shape_of(patterns) != settings.shape:
        raise DataError(
            f"{file}: has shape {list(patterns.shape)}; expected patterns of {settings.shape[0]} "
            f"channels, {settings.shape[1]} x {settings.shape[2]} pixels"
        )
    if len(labels) != len(patterns):
        raise DataError(f"{names}: holds {len(labels)} labels for {len(patterns)} patterns")
    images = np.array(patterns, np.float32)
    images = images[:, None] if images.ndim == 3 else np.moveaxis(images, 3, 1)
    largest = images.max(initial=0.0)
    scaled = np.ascontiguousarray(images) / (largest if largest > 0 else np.float32(1))
    return ArraySource(scaled, labels)
