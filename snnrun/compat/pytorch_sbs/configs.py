"""Configs of pytorch-sbs as ours.

The two generations are told apart by how they name the kinds of layers. Every key is read, refused
or noted; see docs/pytorch_sbs.md for the table.
"""

from pathlib import Path
from typing import Any

from snnrun.compat.keys import Keys, Report, Translation, Where, nowhere, translation
from snnrun.compat.pytorch_sbs import datasets, first_generation, second_generation
from snnrun.compat.pytorch_sbs.layers import kind_of, own_numbers
from snnrun.errors import ConfigError

#: The files of the second generation; later ones win.
NAMES = ("network.json", "dataset.json", "def.json")
_OURS = {"network_structure", "learning_parameters"}


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
    found = sorted(path for path in folder.glob("*.json") if "is_pooling_layer" in _text(path))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ConfigError(f"{folder}: holds several configs, {names}; name one of them")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def is_config(plain: Any) -> bool:
    """Tell whether a map read from a file is one of their configs, or a part of one.

    Example:
        >>> is_config({"model": {"name": "sbs"}, "train": {"epochs": 3}})
        False
    """
    return isinstance(plain, dict) and bool(_OURS & plain.keys())


def layer_numbers(plain: dict[str, Any]) -> list[int]:
    """Return which of their layers are layers of ours, by their place in their list."""
    network = plain["network_structure"]
    if is_first(plain):
        return list(range(len(network["is_pooling_layer"])))
    kinds = [kind_of(Keys({}, (), Report()), 0, name) for name in network["layer_type"]]
    return own_numbers(kinds)


def is_first(plain: dict[str, Any]) -> bool:
    """Tell whether a config is of the first generation."""
    network = plain.get("network_structure")
    return isinstance(network, dict) and "is_pooling_layer" in network


def translate(
    plain: dict[str, Any], where: Where = nowhere, folder: Path | None = None
) -> Translation:
    """Return our config for one of theirs.

    Args:
        plain: their config; it is left as it is.
        where: says where the value at a path was written.
        folder: where it lies, which paths in it start from.

    Raises:
        ConfigError: with a line for every key that cannot be honoured.
    """
    if "network_structure" not in plain:
        names = ", ".join(NAMES)
        place = where(("learning_parameters",)).partition(":")[0] or "this config"
        raise ConfigError(f"{place}: has no network_structure; name the folder that holds {names}")
    top = Keys(plain, (), Report(where))
    source = datasets.source(top, folder)
    if is_first(plain):
        later = folder is not None and first_generation.steps_by_offset(folder, plain)
        return translation(top, first_generation.translate(top, source, later))
    return translation(top, second_generation.translate(top, source))
