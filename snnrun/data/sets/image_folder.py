"""Pictures in one folder a class, read when they are wanted.

::

    pets/train/cat/*.jpg        pets/cat/*.png      one folder of classes, of which shares
    pets/train/dog/...          pets/dog/...        validate and test
    pets/validation/cat/...
    pets/test/cat/...

Classes are called as their folders and sorted by name; folders inside a class are looked into too.
Files that do not end as pictures do, and names that begin with a dot, are left out.
"""

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from snnrun.data.dataset import Dataset, Size
from snnrun.data.files import find
from snnrun.data.forms import BYTE, Form
from snnrun.data.images import Colours, Fit, extensions, read_image
from snnrun.data.inferred import InferredSettings, blamed
from snnrun.data.source import Array, FloatArray, Numbers, Source, scaled
from snnrun.data.splitting import HeldOut, divide
from snnrun.errors import DataError

_FOLDERS = {"train": ("train",), "validation": ("validation", "val", "valid"), "test": ("test",)}


class ImageFolderSettings(InferredSettings):
    """Where the pictures lie, and what becomes of them."""

    places: ClassVar[frozenset[str]] = frozenset({"folder"})

    folder: Annotated[str, Field(description="of train/ and so on, or of the classes")]
    size: Annotated[
        Size | tuple[Size, Size], Field(description="pixels a side, or [height, width]")
    ]
    fit: Annotated[
        Fit, Field(description="crop: shorter side to its size, then the middle; stretch: both")
    ] = "crop"
    colours: Annotated[Colours, Field(description="three channels, or one of brightness")] = "rgb"
    validation: Annotated[
        HeldOut | Literal["folder", "test"] | None,
        Field(description="folder validation/, a share of the training pictures, or test: what "
              "tests; null: the folder, if there is one"),
    ] = None  # fmt: skip
    test: Annotated[
        HeldOut | Literal["folder"] | None,
        Field(description="folder test/, or a share of the training pictures; null: the folder, "
              "if there is one"),
    ] = None  # fmt: skip
    names: Annotated[
        tuple[str, ...] | None,
        Field(description="of the classes, which are those of their folders; null: all, sorted"),
    ] = None

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return (3 if self.colours == "rgb" else 1, *self.sides)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Pixels of bytes; pictures are brought to their size as those of the set."""
        return (Form(self.input_shape, unit=BYTE, most=BYTE, fit=self.fit),)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the folders."""
        return self.names or ()

    def infer(self) -> dict[str, Any]:
        """Return the classes, and what validates and tests, as the folders have it."""
        if None not in (self.names, self.validation, self.test):
            return {}
        with blamed("folder"):
            root = _root(self.folder)
            found: dict[str, Any] = {"names": self.names or _classes(_part(root, "train") or root)}
        for split in ("validation", "test"):
            if getattr(self, split) is None:
                with blamed(split):
                    found[split] = _whether_folder(root, split)
        return found


def _root(name: str) -> Path:
    root = find(name)
    if not root.is_dir():
        raise DataError(f"{root}: is no folder")
    return root


def _part(root: Path, split: str) -> Path | None:
    """Return the folder of a split, which holds folders; a class may be called ``train`` too."""
    for name in _FOLDERS[split]:
        if (root / name).is_dir() and any(each.is_dir() for each in (root / name).iterdir()):
            return root / name
    return None


def _whether_folder(root: Path, split: str) -> Literal["folder"]:
    if _part(root, "train") and _part(root, split):
        return "folder"
    names = " or ".join(f"{name}/" for name in _FOLDERS[split])
    raise DataError(f"{root} has no {names}; expected a share of the pictures, such as 0.1")


def _classes(folder: Path) -> tuple[str, ...]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(each.name for each in entries if each.is_dir())
    except OSError as error:  # a link that leads nowhere might have been a class
        raise DataError(f"{error.filename or folder}: cannot be read: {error.strerror}") from error
    names = tuple(name for name in found if not name.startswith("."))
    if not names:
        raise DataError(f"{folder}: has no folders, one for each class")
    return names


class ImageSource(Source):
    """The pictures in a folder of classes.

    Args:
        folder: of the classes.
        settings: size, fit, colours and classes.
        sparse: whether there may be classes without a picture.

    Raises:
        DataError: there is another class, or no picture of one.
    """

    def __init__(self, folder: Path, settings: ImageFolderSettings, sparse: bool = False) -> None:
        self.folder, self.settings = folder, settings
        more = sorted(set(_classes(folder)) - set(settings.classes))
        if more:
            raise DataError(f"{folder}: has classes that are not in names: {', '.join(more)}")
        own = {name: pictures(folder, name) for name in settings.classes}
        empty = [name for name, found in own.items() if not found]
        if empty and not (sparse and len(empty) < len(own)):
            raise DataError(f"{folder}: has no pictures of {', '.join(empty)}")
        self.names = [name for found in own.values() for name in found]
        counts = [len(found) for found in own.values()]
        self._targets = np.repeat(np.arange(len(own), dtype=np.int64), counts)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.settings.input_shape

    def read(self, numbers: Numbers) -> tuple[FloatArray, Array]:
        """Return pictures ``[n, channel, height, width]``, 0 to 1, and labels."""
        chosen = self.settings
        pixels = np.empty((len(numbers), *self.shape), np.uint8)
        for place, number in enumerate(numbers):
            path = self.folder / self.names[number]
            pixels[place] = read_image(path, chosen.sides, chosen.fit, chosen.colours)
        return scaled(pixels, BYTE), self._targets[numbers]

    def digest(self) -> str:
        """Return a SHA-256 of name, size and time of every file, and of what becomes of them."""
        found = hashlib.sha256(repr((self.shape, self.settings.fit)).encode())
        for name in self.names:
            state = (self.folder / name).stat()
            found.update(repr((name, state.st_size, state.st_mtime_ns)).encode())
        return found.hexdigest()

    def targets(self) -> Array:
        """Return all labels."""
        return self._targets


def pictures(folder: Path, name: str) -> list[str]:
    """Return the pictures of a class, named from ``folder`` on and sorted."""
    ends, found = extensions(), []
    for place, folders, files in os.walk(folder / name):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [
            os.path.relpath(os.path.join(place, file), folder)
            for file in files
            if not file.startswith(".") and os.path.splitext(file)[1].lower() in ends
        ]
    return sorted(found)


def load(settings: ImageFolderSettings) -> Dataset:
    """Return the splits, float32; pictures are not read yet.

    Raises:
        DataError: a folder is absent, or has no pictures; of a split: a picture is damaged.
    """
    root = _root(settings.folder)

    def source(split: str) -> Source:
        folder = _part(root, split)
        if folder is None and split != "train":
            raise DataError(f"{root}: has no folder {split}/ of classes")
        return ImageSource(folder or root, settings, sparse=split != "train")

    def part(split: str, said: Any) -> Any:
        return partial(source, split) if said == "folder" else said

    validation, test = part("validation", settings.validation), part("test", settings.test)
    return divide(settings, partial(source, "train"), validation, test)
