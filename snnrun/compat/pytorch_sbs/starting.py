"""What training starts from where a config of theirs lies beside weights.

2023 takes ``Previous/Weight_L<layer>_*.npy``, 2022 takes ``Previous/Weight_L<layer>.npy`` and
``EpsXY_L<layer>.npy``; and where ``learning_step`` is above 0, what that update left behind.
"""

import logging
from pathlib import Path
from typing import Any

from torch import nn

from snnrun.compat.pytorch_sbs.common import STEP_SIZES, WEIGHTS
from snnrun.compat.pytorch_sbs.configs import is_config, is_first, layer_numbers
from snnrun.compat.pytorch_sbs.first_generation import STEP
from snnrun.compat.pytorch_sbs.folders import Saved, by_step, one_each, previous_folder
from snnrun.compat.pytorch_sbs.restoring import fill
from snnrun.config.reading import SUFFIXES, read_plain
from snnrun.errors import DataError
from snnrun.models.sbs.net import SbsNet

_log = logging.getLogger("snnrun.compat")


def start(config: Path, model: nn.Module) -> None:
    """Fill in the weights that training starts from, if ``config`` is theirs and there are any.

    Raises:
        DataError: they cannot be read, or do not fit the network.
    """
    folder = config if config.is_dir() else config.parent
    if not isinstance(model, SbsNet) or not (config.is_dir() or config.suffix in SUFFIXES):
        return
    plain = read_plain(config)
    if not is_config(plain):
        return
    for saved in _starts(folder, plain):
        fill(model, saved, layer_numbers(plain))
        paths = [*saved.weights.values(), *saved.eps_xy.values()]
        if paths:
            _log.warning(f"training starts from {len(paths)} files in {paths[0].parent}")


def _starts(folder: Path, plain: dict[str, Any]) -> list[Saved]:
    """Return what is to be filled in, one after another."""
    found = []
    step = plain.get(STEP.theirs, STEP.default)
    if is_first(plain) and step > 0:
        weights = by_step(folder / WEIGHTS.of(plain)).get(step)
        eps_xy = by_step(folder / STEP_SIZES.of(plain)).get(step, Saved())
        if weights is None:
            raise DataError(f"{folder}: lacks Weight_L<layer>_S{step}.npy, where {STEP.theirs} is")
        found.append(Saved(weights.weights, eps_xy.eps_xy))
    return [*found, one_each(previous_folder(folder, plain))]
