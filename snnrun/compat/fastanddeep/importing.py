"""Make one of our run folders from a result folder of fastAndDeep or DelGrad.

Every saved epoch is taken over: weights and delays, optimiser, learning rate; and what was kept of
all epochs: losses, accuracies, weights and spike times of the labels, monitored parameters.
"""

import math
from pathlib import Path
from typing import cast

from snnrun.compat.fastanddeep.configs import is_config
from snnrun.compat.fastanddeep.curves import entries, metrics
from snnrun.compat.fastanddeep.folders import ResultDir, Saved, find
from snnrun.compat.fastanddeep.histories import history
from snnrun.compat.fastanddeep.restoring import monitored, rates, restore
from snnrun.compat.runs import Source, opened, write
from snnrun.config.reading import read_plain
from snnrun.errors import DataError
from snnrun.experiment import Experiment, load_config
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.runs.folder import RunDir
from snnrun.training.learner import load_data

_RANDOM = (
    "random states of numpy and torch are not taken over: the order of samples and all noise "
    "follow from seed and epoch here"
)


def import_run(
    path: Path, results: Path, epoch: int | None, as_saved: bool
) -> tuple[RunDir, int | None]:
    """Return a run folder for a result folder, and the epoch that is meant.

    Args:
        path: their result folder, or an ``epoch_<n>`` folder in one.
        results: the folder that holds our run folders.
        epoch: the wanted epoch; None for the one that ``path`` names, or the last.
        as_saved: the last one is theirs, not what was trained from it here.

    Raises:
        DataError: a file is missing, damaged, or holds what is not expected.
        ConfigError: their config cannot be translated.
    """
    found, named = find(path)
    source = Source("fastanddeep", found.path, found.digests())
    wanted = named if epoch is None else epoch
    return opened(source, results, wanted, as_saved, lambda: _import(found, source, results))


def _import(found: ResultDir, source: Source, results: Path) -> RunDir:
    experiment = _experiment(found)
    restored = {e: restore(experiment, saved, e) for e, saved in found.epochs.items()}
    last, learner = found.epochs[found.last], restored[found.last].learner
    model = cast(FirstSpikeNet, learner.model)
    kept, notes = history(last, model, monitored(model, last), entries(last, found.last))
    delays = {name: values for name, values in kept.items() if ".before." in name}
    batches = _batches(last, experiment)
    rows = metrics(last, rates(experiment, learner, found.last), batches, delays)
    return write(source, experiment, restored, rows, [_RANDOM, *notes], results, kept)


def _experiment(found: ResultDir) -> Experiment:
    """Return their experiment, with all epochs that were saved as savepoints.

    Raises:
        DataError: the config is not one of theirs, so the networks are not of it.
    """
    experiment = load_config(found.config)
    if not is_config(read_plain(found.config)):
        raise DataError(
            f"{found.config} is no config of fastAndDeep or DelGrad; expected the one that the "
            f"networks in {found.path} were trained with"
        )
    train = experiment.train
    points = sorted({*train.savepoints, *found.epochs} - {0})
    update = {"epochs": max(train.epochs, *points), "savepoints": tuple(points)}
    return experiment.model_copy(update={"train": train.model_copy(update=update)})


def _batches(last: Saved, experiment: Experiment) -> int:
    """Return the number of batches of an epoch."""
    labels = last.array("train_labels.npy")
    told = 0 if labels is None else len(labels)
    return math.ceil((told or len(load_data(experiment).train)) / experiment.train.batch_size)
