"""Write a run as pytorch-sbs names it, so that its programs can be started in the folder.

::

    network.json, dataset.json, def.json     or config.json (2022)
    Weights/Weight_L<layer>_S<step>.npy      of every layer with weights
    EpsXY/EpsXY_L<layer>_S<step>.npy         2022
    Patterns/{Train,Test}{Pattern,Label}Storage.npy
    test_error.npy                           step and error in percent, where tests were logged

The last step stands for the epoch. 2023 starts from ``Weights``; 2022 goes on from the step.
"""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from torch import Tensor

from snnrun.compat.pytorch_sbs.acting import sbs
from snnrun.compat.pytorch_sbs.common import updates_of_epoch
from snnrun.compat.pytorch_sbs.configs import Config, is_first, layer_numbers, their_config
from snnrun.compat.pytorch_sbs.first_generation import STEP
from snnrun.compat.written import write_files
from snnrun.data import Dataset
from snnrun.data.source import Array
from snnrun.experiment import Experiment
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.pooling import SbsPooling
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted, pooling_weights
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data, training_values

_log = logging.getLogger("snnrun.compat")


def export(run: RunDir, folder: Path, epoch: int | None = None) -> list[Path]:
    """Write the files above into ``folder`` and return their paths.

    Args:
        run: the run.
        folder: made if absent.
        epoch: a saved epoch; None for the last one.

    Raises:
        ConfigError: their configs cannot say what the run's network is.
        DataError: no such epoch, a damaged checkpoint, no data, or the disk cannot be written.
    """
    experiment = run.experiment()
    data = load_data(experiment)
    config = their_config(experiment, len(data.train))
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner = build_learner(experiment)
    learner.take(saved, lambda: training_values(data))
    model = cast(SbsNet, learner.model)
    clock = _Clock(experiment, len(data.train))
    step = max(clock.steps(saved.at.epoch) - 1, 0)
    if clock.counts_updates:
        config.files["config.json"][STEP.theirs] = step
    arrays = dict([*_layers(config, model, step), *_patterns(data), *_errors(run, clock)])
    paths = write_files(folder, {name: _text(of) for name, of in config.files.items()}, arrays)
    for note in config.notes:
        _log.warning(note)
    return paths


def _text(plain: dict[str, Any]) -> str:
    """Return JSON with every list of plain values on one line."""

    def on_one_line(found: re.Match[str]) -> str:
        return " ".join(found.group().split()).replace("[ ", "[").replace(" ]", "]")

    return re.sub(r"\[[^\[\]{}]*\]", on_one_line, json.dumps(plain, indent=2)) + "\n"


class _Clock:
    """How their steps count the epochs of a run: as epochs, or as updates of the weights."""

    def __init__(self, experiment: Experiment, samples: int) -> None:
        train = experiment.train
        self.counts_updates = sbs(experiment).dialect == 2022
        each = updates_of_epoch(samples, train.batch_size, train.accumulate)
        self.each = each if self.counts_updates else 1

    def steps(self, epochs: int) -> int:
        """Return the steps of so many epochs."""
        return epochs * self.each


def _layers(config: Config, model: SbsNet, step: int) -> Iterator[tuple[str, Array]]:
    """Yield weights and step sizes; the first code of 2022 asks for those of pooling, too."""
    first = is_first(config.whole)
    for number, layer in zip(layer_numbers(config.whole), model.layers, strict=True):
        name = f"L{number}_S{step}.npy"
        if isinstance(layer, Weighted):
            yield f"Weights/Weight_{name}", _numbers(layer.weights, config.is_double)
        elif isinstance(layer, SbsPooling) and first:
            weights = pooling_weights(layer.place.shape[0], layer.geometry)
            yield f"Weights/Weight_{name}", _numbers(weights, config.is_double)
        if isinstance(layer, SpikingLayer) and layer.epsilon_xy is not None:
            yield f"EpsXY/EpsXY_{name}", _numbers(layer.epsilon_xy, config.is_double)


def _numbers(tensor: Tensor, double: bool) -> Array:
    """Return an array as precise as theirs."""
    found: Array = tensor.detach().numpy()
    return found.astype(np.float64 if double else np.float32)


def _patterns(data: Dataset) -> Iterator[tuple[str, Array]]:
    """Yield the four arrays of the data set: what trains here trains there."""
    for part, split in (("Train", data.train), ("Test", data.test)):
        images, labels = split.read(np.arange(len(split)))
        images = images.astype(np.float32)
        stored = images[:, 0] if images.shape[1] == 1 else np.moveaxis(images, 1, 3)
        yield f"Patterns/{part}PatternStorage.npy", np.ascontiguousarray(stored)
        yield f"Patterns/{part}LabelStorage.npy", labels.astype(np.uint64)


def _errors(run: RunDir, clock: _Clock) -> Iterator[tuple[str, Array]]:
    """Yield the errors on the test set, as far as they were logged."""
    epochs, accuracies = run.curve("test", "accuracy")
    if epochs:
        steps: list[Any] = [clock.steps(epoch) - (not clock.counts_updates) for epoch in epochs]
        table = np.stack([np.array(steps, float), 100 * (1 - np.array(accuracies))], axis=1)
        yield "test_error.npy", table[np.argsort(steps, kind="stable")]
