"""Configs of pytorch-sbs as ours, and back.

The two generations are told apart by how they name the kinds of layers. Every key is read, refused
or noted; see docs/pytorch_sbs.md for the table.

Whether a config of theirs says all that ours says is found by reading it again. What changes the
activities of the network must come back; what only says how it was trained may differ, and is told.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.compat.keys import Keys, Report, Translation, Where, nowhere, translation
from snnrun.compat.pytorch_sbs import acting, datasets, first_generation, second_generation
from snnrun.compat.pytorch_sbs.common import NETWORK, RULE
from snnrun.compat.tables import Ours, Plain, as_plain, read, write
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.runs.whole import read_text

#: The files of the second generation; later ones win.
NAMES = tuple(second_generation.FILES)


def files(folder: Path) -> list[Path]:
    """Return the files in a folder that make one config; none where the folder is not theirs.

    Raises:
        ConfigError: the second generation's files are not all there.
    """
    if (folder / NAMES[0]).is_file():
        absent = [name for name in NAMES if not (folder / name).is_file()]
        if absent:
            raise ConfigError(f"{folder}: lacks {', '.join(absent)} beside {NAMES[0]}")
        return [folder / name for name in NAMES]
    mark = first_generation.POOLING.theirs
    found = sorted(path for path in folder.glob("*.json") if mark in _text(path))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ConfigError(f"{folder}: holds several configs, {names}; name one of them")
    return found


def _text(path: Path) -> str:
    try:
        return read_text(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def is_config(plain: Any) -> bool:
    """Tell whether a map read from a file is one of their configs, or a part of one.

    Example:
        >>> is_config({"model": {"name": "sbs"}, "train": {"epochs": 3}})
        False
    """
    return isinstance(plain, dict) and bool({NETWORK, RULE} & plain.keys())


def is_first(plain: Plain) -> bool:
    """Tell whether a config is of the first generation."""
    network = plain.get(NETWORK)
    return isinstance(network, dict) and first_generation.POOLING.theirs in network


def layer_numbers(plain: Plain) -> list[int]:
    """Return which of their layers are layers of ours, by their place in their list."""
    lead = first_generation.POOLING if is_first(plain) else second_generation.KINDS
    ours = Ours()
    lead.read(Keys(plain[NETWORK], (), Report()), ours)
    return second_generation.own_numbers([layer["kind"] for layer in ours.get(lead.ours)])


def translate(plain: Plain, where: Where = nowhere, folder: Path | None = None) -> Translation:
    """Return our config for one of theirs.

    Args:
        plain: their config; it is left as it is.
        where: says where the value at a path was written.
        folder: where it lies, which paths in it start from.

    Raises:
        ConfigError: with a line for every key that cannot be honoured.
    """
    if NETWORK not in plain:
        names = ", ".join(NAMES)
        place = where((RULE,)).partition(":")[0] or "this config"
        raise ConfigError(f"{place}: has no {NETWORK}; name the folder that holds {names}")
    top = Keys(plain, (), Report(where))
    ours = datasets.source(top, folder)
    ours.put("facts.later", is_first(plain) and first_generation.is_later(folder, plain))
    return translation(top, _read(top, ours, is_first(plain)))


def _read(top: Keys, ours: Ours, first: bool) -> Plain:
    """Return our config, which starts from a data set; what is wrong goes to the report."""
    generation = first_generation if first else second_generation
    read(generation.TABLE, top, ours)
    generation.settle(top, ours)
    del ours.plain["facts"]
    return ours.plain


@dataclass(frozen=True)
class Config:
    """A config of theirs: name of the file -> content; and what it does not say of the training."""

    files: dict[str, Plain]
    notes: tuple[str, ...]

    @property
    def whole(self) -> Plain:
        """All files together."""
        return {key: value for plain in self.files.values() for key, value in plain.items()}

    @property
    def is_double(self) -> bool:
        """Whether the code that takes it computes in double precision: the first of 2022 does."""
        return is_first(self.whole) and not first_generation.is_later(None, self.whole)


def their_config(experiment: Experiment, samples: int) -> Config:
    """Return a config of theirs for an experiment that trains on so many samples.

    Raises:
        ConfigError: with a line for everything of the network that theirs cannot say.
    """
    first, layers = acting.sbs(experiment).dialect == 2022, acting.layers(experiment)
    generation = first_generation if first else second_generation
    known = datasets.facts(datasets.mode_of(experiment.data), samples)
    more = {"layers": layers, "classes": len(experiment.data.classes)}
    ours = Ours(as_plain(experiment.model_dump()) | {"facts": known | more})
    generation.prepare(ours)
    config = Config({name: write(each, ours) for name, each in generation.FILES.items()}, ())
    later = {"later": first and first_generation.is_later(None, config.whole)}
    again = Ours({"data": experiment.model_dump()["data"], "facts": known | later})
    back = Experiment.model_validate(_read(Keys(config.whole, (), Report()), again, first))
    lost = acting.lost(experiment, back)
    problems = [text for key, text in lost if acting.changes_activities(key)]
    if problems:
        raise ConfigError(problems)
    return Config(config.files, tuple(text for _, text in lost))
