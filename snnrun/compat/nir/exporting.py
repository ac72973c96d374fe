"""Write a trained run as a .nir file."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from snnrun.compat.nir.constants import DT
from snnrun.compat.nir.package import nir
from snnrun.compat.nir.remarks import graph_remarks
from snnrun.compat.nir.writing import feedforward
from snnrun.compat.nir.writing_lif import lif
from snnrun.core.disk import real
from snnrun.errors import ConfigError
from snnrun.models import MODELS
from snnrun.models.feedforward.net import FeedforwardNet
from snnrun.models.lif.net import LifNet
from snnrun.runs import checkpoint
from snnrun.runs.files import disk_errors, write_atomic
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data, training_values

_log = logging.getLogger("snnrun.compat")
_MODELS: dict[type, Callable[..., Any]] = {FeedforwardNet: feedforward, LifNet: lif}


def export(run: RunDir, folder: Path, epoch: int | None = None) -> list[Path]:
    """Write the network of an epoch and return the path of the file.

    Args:
        run: the run.
        folder: where to write ``<run>.nir``, made if absent; or the file, if it ends in .nir.
        epoch: a saved epoch; None for the last one.

    Raises:
        ConfigError: NIR cannot say what the network does.
        DataError: no such epoch, a damaged checkpoint, nir is not installed, or the disk cannot be
            written.
    """
    package = nir()
    experiment = run.experiment()
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner = build_learner(experiment)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    writing = _MODELS.get(type(learner.model))
    if writing is None:
        raise ConfigError(
            f"a .nir file cannot hold a network of the model {MODELS.name_of(experiment.model)!r}; "
            "expected lif, or a feed-forward network"
        )
    remarks = graph_remarks(experiment, saved.at.epoch, DT)
    with torch.no_grad():
        graph, notes = writing(learner.model, experiment.model_input, remarks)
    path = folder if folder.suffix == ".nir" else folder / f"{real(run.path).name}.nir"
    with disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, partial(package.write, graph=graph))
    for note in notes:
        _log.warning(note)
    return [path]
