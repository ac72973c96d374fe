"""Their result folders: which files belong to which layer and to which step of training.

::

    network.json, dataset.json, def.json     or one file of any name (2022)
    Weights/Weight_L<layer>_S<step>.npy      [inputs of a patch, neurons]
    EpsXY/EpsXY_L<layer>_S<step>.npy         [X, Y] or [X, Y, Kx, Ky] (2022)
    Previous/Weight_L<layer>_S<step>.npy     what training starts from; without _S<step> in 2022
    test_error.npy, result.npy               step and error in percent

Steps count from 0: epochs (2023), or updates of the weights (2022). Layers are counted with those
that have no weights.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snnrun.compat.arrays import read_array
from snnrun.compat.pytorch_sbs.common import RULE, START, STEP_SIZES, WEIGHTS
from snnrun.compat.pytorch_sbs.configs import files as config_files
from snnrun.config.reading import read_plain
from snnrun.core.disk import real
from snnrun.data.source import Array
from snnrun.errors import ConfigError, DataError

_SAVED = re.compile(r"(Weight|EpsXY)_L(\d{1,9})(?:_S(\d{1,9}))?\.npy")
_ERRORS = ("test_error.npy", "result.npy")

#: Layer -> file, of one step.
Files = dict[int, Path]


@dataclass(frozen=True)
class Saved:
    """What was saved of one step."""

    weights: Files = field(default_factory=dict)
    eps_xy: Files = field(default_factory=dict)


@dataclass(frozen=True)
class ResultDir:
    """A result folder: its config as it stands, the files that make it, and the steps."""

    path: Path
    plain: dict[str, Any]
    config: tuple[Path, ...]
    steps: dict[int, Saved]
    previous: Path

    def files(self) -> list[Path]:
        """Return every file that an import may read."""
        saved = [*self.steps.values(), *by_step(self.previous).values()]
        arrays = [path for each in saved for part in (each.weights, each.eps_xy)
                  for path in part.values()]  # fmt: skip
        errors = [self.path / name for name in _ERRORS]
        return [*self.config, *arrays, *(path for path in errors if path.is_file())]

    def test_errors(self) -> Array | None:
        """Return step and error in percent ``[steps, 2]``; None where they were not kept."""
        for name in _ERRORS:
            if (self.path / name).is_file():
                found = read_array(self.path / name)
                return found if found.ndim == 2 and found.shape[1] == 2 else None
        return None


def is_result_dir(path: Path) -> bool:
    """Tell whether a folder holds a config of theirs, and weights that it trained."""
    if not path.is_dir() or (path / "checkpoints").is_dir():
        return False
    pattern = "Weight_L*_S*.npy"
    if not any(path.glob(pattern)) and not any(path.glob(f"*/{pattern}")):
        return False
    try:
        return bool(config_files(path))
    except ConfigError:
        return True  # theirs, and the error will be told when it is read


def find(path: Path) -> ResultDir:
    """Return what a result folder holds.

    Raises:
        DataError: there are no weights.
        ConfigError: the config cannot be read.
    """
    path = real(path)
    plain = read_plain(path)
    before = previous_folder(path, plain)
    weights = _trained(path, WEIGHTS.of(plain), "weights", before)
    eps_xy = _trained(path, STEP_SIZES.of(plain), "eps_xy", before)
    if not weights:
        raise DataError(f"{path} holds no Weight_L<layer>_S<step>.npy outside {before.name}")
    steps = {step: Saved(files, eps_xy.get(step, {})) for step, files in weights.items()}
    return ResultDir(path, plain, tuple(config_files(path)), steps, before)


def previous_folder(folder: Path, plain: dict[str, Any]) -> Path:
    """Return the folder of the weights that training starts from."""
    rule = plain.get(RULE)
    return real(folder / START.of(rule if isinstance(rule, dict) else {}))


def one_each(folder: Path) -> Saved:
    """Return the files of a folder that holds one file for each layer, of whatever step.

    Raises:
        DataError: there are several files for a layer.
    """
    whole = Saved()
    for saved in by_step(folder).values():
        for all_of, these in ((whole.weights, saved.weights), (whole.eps_xy, saved.eps_xy)):
            for layer, path in these.items():
                if layer in all_of:
                    names = f"{all_of[layer].name} and {path.name}"
                    raise DataError(f"{folder}: {names} are both of layer {layer}; expected one")
                all_of[layer] = path
    return whole


def by_step(folder: Path) -> dict[int, Saved]:
    """Return the files of a folder by step; -1 for those that name none."""
    found: dict[int, Saved] = {}
    for path in sorted(folder.glob("*_L*.npy")):
        match = _SAVED.fullmatch(path.name)
        if match:
            saved = found.setdefault(int(match[3] or -1), Saved())
            (saved.weights if match[1] == "Weight" else saved.eps_xy)[int(match[2])] = path
    return found


def _trained(path: Path, named: str, kind: str, previous: Path) -> dict[int, Files]:
    """Return the files by step: of the folder that the config names, else of any in ``path``."""
    folders = [path / named, path, *sorted(each for each in path.iterdir() if each.is_dir())]
    for folder in folders:
        if real(folder) == previous and folder != folders[0]:
            continue
        steps = {step: getattr(saved, kind) for step, saved in by_step(folder).items()}
        if any(files for step, files in steps.items() if step >= 0):
            return {step: files for step, files in sorted(steps.items()) if step >= 0 and files}
    return {}
