"""Their data sets as ours: the patterns beside the config, or the set of the same name here.

There, all training images train, and the test images are looked at after every epoch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.values import number, whole, word
from snnrun.data.sets.mnist import FashionMnistSettings
from snnrun.data.sets.pattern_storage import FILES, open_array, shape_of
from snnrun.errors import DataError

Plain = dict[str, Any]
_JITTER = {"brightness": 0.5, "contrast": 0.1, "saturation": 0.1, "hue": 0.15}
_TRAINED = 60_000  # images of MNIST and Fashion-MNIST that train


@dataclass(frozen=True)
class Mode:
    """A ``data_mode``: our data set, channels, names of classes, whether images are flipped."""

    ours: str | None
    channels: int
    names: tuple[str, ...]
    coloured: bool


_DIGITS = tuple("0123456789")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MODES = {
    "MNIST": Mode("mnist", 1, _DIGITS, False),
    "MNIST_FASHION": Mode("fashion_mnist", 1, FashionMnistSettings().classes, True),
    "CIFAR10": Mode(None, 3, _THINGS, True),
}


@dataclass(frozen=True)
class Source:
    """What becomes of the data part of a config; ``samples`` train."""

    data: Plain
    mode: Mode
    samples: int

    @property
    def channels(self) -> int:
        """Channels of an image."""
        return self.mode.channels


def source(top: Keys, folder: Path | None) -> Source | None:
    """Return the data set; None where the config names none that is there.

    Args:
        top: the whole config.
        folder: where the config lies, which paths in it start from.
    """
    name = word(top, "data_mode", "")
    path = (folder or Path()) / word(top, "data_path", ".")
    if name.startswith("MIX_"):
        top.note("data_mode", "images are not mixed; the original mixes them by a factor of 1")
    mode = MODES.get(name.removeprefix("MIX_"))
    if mode is None:
        top.problem("data_mode", f"must be one of {', '.join(MODES)}, got {name!r}")
        return None
    if all((path / file).is_file() for file in FILES):
        return _patterns(top, mode, path)
    if mode.ours is None:
        absent = ", ".join(file for file in FILES if not (path / file).is_file())
        top.problem("data_path", f"{path} lacks {absent}, which {name} needs")
        return None
    top.note("data_path", f"no patterns in {path}; data is {mode.ours} instead")
    return Source({"name": mode.ours, "validation": "test"}, mode, _TRAINED)


def _patterns(top: Keys, mode: Mode, path: Path) -> Source | None:
    """Return the patterns in a folder."""
    try:
        patterns = open_array(path / FILES[0])
        shape = shape_of(patterns)
    except (DataError, ValueError) as error:
        top.problem("data_path", str(error))
        return None
    if shape[0] != mode.channels:
        top.problem("data_path", f"{path / FILES[0]} has {shape[0]} channels, not {mode.channels}")
        return None
    data = {"name": "pattern_storage", "folder": str(path.absolute()), "shape": list(shape)}
    data |= {"names": list(mode.names), "validation": "test"}
    return Source(data, mode, len(patterns))


def augmentations(keys: Keys, coloured: bool) -> list[Plain]:
    """Return what happens to training images: there, one choice for all images of a batch."""
    pixels = whole(keys, "crop_width_in_pixel", 2)
    idle = [key for key in ("flip_p", *(f"jitter_{name}" for name in _JITTER)) if key in keys]
    if idle and not coloured:
        text = "only images of MNIST_FASHION and CIFAR10 are flipped and lit anew, as there"
        keys.note(", ".join(idle), text)
    found: list[Plain] = [{"name": "crop", "pixels": pixels, "per": "batch"}] if pixels else []
    flip = number(keys, "flip_p", 0.5)
    jitter = {name: number(keys, f"jitter_{name}", default) for name, default in _JITTER.items()}
    if coloured:
        found.append({"name": "flip", "probability": flip, "per": "batch"})
        found.append({"name": "jitter", **jitter, "per": "batch"})
    keys.close()
    return found
