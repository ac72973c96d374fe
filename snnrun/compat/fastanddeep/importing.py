"""Make one of our run folders from a result folder of fastAndDeep or DelGrad.

Every saved epoch is taken over: weights and delays, optimiser, learning rate.
"""

import math
from pathlib import Path

from snnrun.assembly import Network, load_data
from snnrun.compat.fastanddeep.curves import metrics
from snnrun.compat.fastanddeep.folders import ResultDir, find
from snnrun.compat.fastanddeep.restoring import rates, restore
from snnrun.compat.runs import Source, opened, write
from snnrun.experiment import Experiment, load_config
from snnrun.results import Metric, RunDir

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
    rows = _metrics(found, experiment, restored[found.last].network)
    return write(source, experiment, restored, rows, [_RANDOM], results)


def _experiment(found: ResultDir) -> Experiment:
    """Return their experiment, with all epochs that were saved as savepoints."""
    experiment = load_config(found.config)
    train = experiment.train
    points = sorted({*train.savepoints, *found.epochs} - {0})
    update = {"epochs": max(train.epochs, *points), "savepoints": tuple(points)}
    return experiment.model_copy(update={"train": train.model_copy(update=update)})


def _metrics(found: ResultDir, experiment: Experiment, network: Network) -> list[Metric]:
    last = found.epochs[found.last]
    labels = last.array("train_labels.npy")
    samples = len(load_data(experiment).train if labels is None else labels)
    batches = math.ceil(samples / experiment.train.batch_size)
    return metrics(last, rates(experiment, network, found.last), batches)
