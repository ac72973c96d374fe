"""Their data sets as ours: the patterns beside the config, or the set of the same name here.

There, all training images train, and the test images are looked at after every epoch.
"""

from dataclasses import dataclass
from pathlib import Path

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.values import Section, Typed
from snnrun.compat.tables import Ours, Plain, Theirs
from snnrun.data import DataSettings
from snnrun.data.array_files import open_array
from snnrun.data.sets.mnist import FashionMnistSettings
from snnrun.data.sets.pattern_storage import FILES, shape_of
from snnrun.errors import ConfigError, DataError

_TRAINED = 60_000  # images of MNIST and Fashion-MNIST that train
MODE = Theirs("data_mode", lambda ours: ours.get("facts.mode"))
PATH = Theirs("data_path", "./Patterns/")


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


def facts(mode: str, samples: int) -> Plain:
    """Return what tables need to know of a data set of which so many samples train."""
    known = MODES[mode]
    return {
        "mode": mode,
        "samples": samples,
        "channels": known.channels,
        "coloured": known.coloured,
    }


def mode_of(data: DataSettings) -> str:
    """Return their name of a data set of ours.

    Raises:
        ConfigError: its samples are no images that they know.
    """
    if isinstance(data, FashionMnistSettings):
        return "MNIST_FASHION"
    modes = {1: "MNIST", 3: "CIFAR10"}
    channels = data.input_shape[0] if len(data.input_shape) == 3 else 0
    if channels not in modes:
        raise ConfigError("data: theirs know only images of 1 or 3 channels")
    return modes[channels]


def source(top: Keys, folder: Path | None) -> Ours:
    """Return the data set, and what tables need to know of it; nothing where there is none.

    Args:
        top: the whole config.
        folder: where the config lies, which paths in it start from.
    """
    ours = Ours({"data": {}, "facts": {}})
    name = Typed(MODE.theirs, "", "").value(top, ours)
    path = (folder or Path()) / Typed(PATH.theirs, "", ".").value(top, ours)
    if name.startswith("MIX_"):
        text = "images are not mixed; the original mixes them by a factor of 1"
        top.note(MODE.theirs, text)
    mode = MODES.get(name.removeprefix("MIX_"))
    if mode is None:
        top.problem(MODE.theirs, f"must be one of {', '.join(MODES)}, got {name!r}")
        return ours
    absent = [file for file in FILES if not (path / file).is_file()]
    if not absent:
        found = _patterns(top, mode, path)
    elif mode.ours is None:
        top.problem(PATH.theirs, f"{path} lacks {', '.join(absent)}, which {name} needs")
        return ours
    else:
        top.note(PATH.theirs, f"no patterns in {path}; data is {mode.ours} instead")
        found = {"name": mode.ours}, _TRAINED
    if found:
        data, samples = found
        ours.put("data", data | {"validation": "test"})
        ours.put("facts", facts(name.removeprefix("MIX_"), samples))
    return ours


def _patterns(top: Keys, mode: Mode, path: Path) -> tuple[Plain, int] | None:
    """Return the patterns in a folder, and how many train."""
    try:
        patterns = open_array(path / FILES[0])
        shape = shape_of(patterns)
    except (DataError, ValueError) as error:
        top.problem(PATH.theirs, str(error))
        return None
    if shape[0] != mode.channels:
        text = f"{path / FILES[0]} has {shape[0]} channels, not {mode.channels}"
        top.problem(PATH.theirs, text)
        return None
    data = {"name": "pattern_storage", "folder": str(path.absolute()), "shape": list(shape)}
    return data | {"names": list(mode.names)}, len(patterns)


# ---- what happens to training images: there, one choice for all images of a batch ----

_JITTER = {"brightness": 0.5, "contrast": 0.1, "saturation": 0.1, "hue": 0.15}
_LIT = (
    Typed("flip_p", "facts.flip.probability", 0.5),
    *(Typed(f"jitter_{name}", f"facts.jitter.{name}", value) for name, value in _JITTER.items()),
)
CHANGES = (Typed("crop_width_in_pixel", "facts.crop.pixels", 2), *_LIT)


class Augmentation(Section):
    """What happens to training images; the rows put it under ``facts``, by our names."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the list of what happens."""
        given, coloured = keys.left.get(self.theirs), ours.get("facts.coloured")
        idle = [row.theirs for row in _LIT if isinstance(given, dict) and row.theirs in given]
        if idle and not coloured:
            text = "only images of MNIST_FASHION and CIFAR10 are flipped and lit anew, as there"
            keys.report.note((self.theirs, ", ".join(idle)), text)
        super().read(keys, ours)
        names = ["crop"] * bool(ours.get("facts.crop.pixels")) + ["flip", "jitter"] * bool(coloured)
        found = [{"name": name, **ours.get(f"facts.{name}"), "per": "batch"} for name in names]
        ours.put("train.augment", found)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write what happens; what they do not know is left out."""
        ours.put("facts.crop", {"pixels": 0})
        if ours.get("facts.coloured"):
            ours.put("facts.flip", {"probability": 0.0})
            ours.put("facts.jitter", dict.fromkeys(_JITTER, 0.0))
        for change in ours.get("train.augment"):
            ours.put(f"facts.{change['name']}", change)
        super().write(ours, theirs)
