"""Make one of our run folders from a result folder of fastAndDeep or DelGrad.

Every saved epoch becomes a checkpoint that can be evaluated and continued: weights and delays,
optimiser, learning rate. ``source.json`` names what was imported, with the SHA-256 of every file;
an import of the same files is found again instead of being made twice.
"""

import logging
import math
import sys
from pathlib import Path

from snnrun import environment
from snnrun.assembly import load_data
from snnrun.compat.fastanddeep import curves
from snnrun.compat.fastanddeep.folders import ResultDir, Saved, find
from snnrun.experiment import Experiment, load_config
from snnrun.results import Metric, RunDir

_log = logging.getLogger("snnrun.compat")
_RANDOM = (
    "numpy and torch random states are not taken over: here the order of samples and all noise "
    "follow from seed and epoch"
)


def import_run(path: Path, results: Path) -> tuple[RunDir, int | None]:
    """Return a run folder for a result folder, and the epoch that ``path`` names, if it does.

    Args:
        path: their result folder, or an ``epoch_<n>`` folder in one.
        results: the folder that holds our run folders.

    Raises:
        DataError: a file is missing, damaged, or holds what is not expected.
        ConfigError: their config cannot be translated.
    """
    source, epoch = find(path)
    digests = source.digests()
    known = _known(results, digests)
    return known or _import(source, digests, results), epoch


def _known(results: Path, digests: dict[str, str]) -> RunDir | None:
    """Return the import of the same files, if there is one."""
    for entry in sorted(results.glob("*/source.json")):
        run = RunDir(entry.parent)
        if run.read_json("source.json").get("sha256") == digests:
            return run
    return None


def _import(source: ResultDir, digests: dict[str, str], results: Path) -> RunDir:
    """Make the run folder; ``source.json`` comes last, so that half an import is no import."""
    experiment = _experiment(source)
    batches = _batches(experiment, source.last)
    rows = curves.metrics(source.last, rates(experiment, max(source.epochs)), batches)
    run = RunDir.create(results, source.path.resolve().name)
    experiment.save(run.config)
    run.write_json("environment.json", environment.describe(sys.argv))
    run.append_metrics(rows)
    notes = [_RANDOM, *_save_epochs(run, source, experiment, rows)]
    _finish(run, source, experiment)
    content = {"format": "fastanddeep", "folder": str(source.path.resolve()), "notes": notes}
    run.write_json("source.json", {**content, "sha256": digests})
    for note in (f"imported {source.path} as {run.path}", *notes):
        _log.warning(note)
    return run


def _experiment(source: ResultDir) -> Experiment:
    """Return their experiment, with all epochs that were saved as savepoints."""
    experiment = load_config(source.config)
    train = experiment.train
    points = sorted({*train.savepoints, *source.epochs} - {0})
    update = {"epochs": max(train.epochs, *points), "savepoints": tuple(points)}
    return experiment.model_copy(update={"train": train.model_copy(update=update)})


def _batches(experiment: Experiment, saved: Saved) -> int:
    """Return the number of batches of an epoch."""
    labels = saved.array("train_labels.npy")
    samples = len(load_data(experiment).train if labels is None else labels)
    return math.ceil(samples / experiment.train.batch_size)


def _save_epochs(
    run: RunDir, source: ResultDir, experiment: Experiment, rows: list[Metric]
) -> Iterator[str]:
    """Save a checkpoint of every epoch and yield what is to be said of it."""
    files: dict[int, tuple[Path, Path | None]] = (
        {} if source.untrained is None else {0: (source.untrained, None)}
    )
    files |= {
        epoch: (saved.file("network.pt"), saved.optimizer) for epoch, saved in source.epochs.items()
    }
    for epoch, (network, optimizer) in files.items():
        restored = restore(experiment, network, optimizer, epoch)
        state = {
            "optimizer": restored.optimizer,
            "scheduler": restored.scheduler,
            "rule": restored.network.rule.state_dict(),
            "means": {},
            "best": _best(rows, [each for each in files if each <= epoch]),
            "kept": [each for each in files if each <= epoch],
            "metric_lines": sum(row["epoch"] <= epoch for row in rows),
            "seconds": 0.0,
        }
