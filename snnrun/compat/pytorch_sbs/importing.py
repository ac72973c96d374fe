"""Make one of our run folders from a result folder of pytorch-sbs."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from snnrun.compat.pytorch_sbs.common import updates_of_epoch
from snnrun.compat.pytorch_sbs.configs import is_first, layer_numbers
from snnrun.compat.pytorch_sbs.folders import ResultDir, Saved, find, one_each
from snnrun.compat.pytorch_sbs.restoring import fill
from snnrun.compat.runs import Restored, Source, digests, opened, write
from snnrun.errors import DataError
from snnrun.experiment import Experiment, load_config
from snnrun.models.sbs.net import SbsNet
from snnrun.runs.folder import Metric, RunDir
from snnrun.training.learner import build_learner, load_data, training_values
from snnrun.training.stepping import Stepping

_STATE = "optimiser, learning rate and gradient scales are not in their files and start anew"


def import_run(
    path: Path, results: Path, epoch: int | None, as_saved: bool
) -> tuple[RunDir, int | None]:
    """Return a run folder for a result folder, and the epoch that is meant.

    Args:
        path: their result folder; it names no epoch.
        results: the folder that holds our run folders.
        epoch: the wanted epoch; None for the last one.
        as_saved: the last one is theirs, not what was trained from it here.

    Raises:
        DataError: a file is missing, damaged, or holds what is not expected.
        ConfigError: their config cannot be translated.
    """
    found = find(path)
    source = Source("pytorch-sbs", found.path, digests(found.path, found.files()))
    return opened(source, results, epoch, as_saved, lambda: _import(found, source, results))


def _import(found: ResultDir, source: Source, results: Path) -> RunDir:
    config = found.path if len(found.config) > 1 else found.config[0]
    experiment = load_config(config)
    steps = _Steps(found, experiment)
    epochs = steps.last_of_each_epoch()
    experiment = _ending(experiment, list(epochs))
    restored = {epoch: _restore(experiment, found, step) for epoch, step in epochs.items()}
    for each in restored.values():
        each.learner.encoder.fit(training_values(steps.data))
    notes = [_STATE]
    if is_first(found.plain):
        pairs = ", ".join(f"S{step} is epoch {epoch}" for epoch, step in epochs.items())
        notes.append(f"steps are updates there: {pairs}")
    return write(source, experiment, restored, list(steps.metrics()), notes, results)


def _ending(experiment: Experiment, epochs: list[int]) -> Experiment:
    """Return the experiment with all epochs that were saved as savepoints."""
    train = experiment.train
    update = {"epochs": max(train.epochs, *epochs), "savepoints": tuple(sorted(epochs))}
    return experiment.model_copy(update={"train": train.model_copy(update=update)})


class _Steps:
    """How their steps are counted in epochs of ours."""

    def __init__(self, found: ResultDir, experiment: Experiment) -> None:
        self.found, self.data, train = found, load_data(experiment), experiment.train
        samples = len(self.data.train)
        self.batches = math.ceil(samples / train.batch_size)
        each = updates_of_epoch(samples, train.batch_size, train.accumulate)
        self.updates = each if is_first(found.plain) else 1

    def last_of_each_epoch(self) -> dict[int, int]:
        """Return epoch -> step; step 0 is what the first epoch, or update, left behind."""
        return {math.ceil((step + 1) / self.updates): step for step in sorted(self.found.steps)}

    def metrics(self) -> Iterator[Metric]:
        """Yield the accuracies on the test set that were kept, one an epoch."""
        table = self.found.test_errors()
        rows = [] if table is None else table.tolist()
        done = 0 if is_first(self.found.plain) else 1  # 2022 counts the update before it tests
        tested = {math.ceil((step + done) / self.updates): error for step, error in rows}
        for epoch, error in tested.items():
            yield Metric(
                step=epoch * self.batches,
                epoch=epoch,
                split="test",
                name="accuracy",
                value=1 - error / 100,
                time=0.0,
            )


def _restore(experiment: Experiment, found: ResultDir, step: int) -> Restored:
    """Return the network of a step, ready to be evaluated and trained."""
    learner = build_learner(experiment)
    model, saved, numbers = (
        cast(SbsNet, learner.model),
        found.steps[step],
        layer_numbers(found.plain),
    )
    missing = fill(model, saved, numbers)
    note = None
    if missing:
        note = _fill_rest(model, found, saved, missing)
    groups = learner.parameter_groups()
    return Restored(learner, Stepping(experiment, learner) if groups else None, note)


def _fill_rest(model: SbsNet, found: ResultDir, saved: Saved, missing: list[int]) -> str:
    """Fill layers that do not learn, which are not saved, from where training started.

    Returns:
        What is worth knowing of it.

    Raises:
        DataError: a layer that learns was not saved.
    """
    numbers = layer_numbers(found.plain)
    learning = {
        number
        for number, layer in zip(numbers, model.layers, strict=True)
        if any(p.requires_grad for p in layer.parameters())
    }
    absent = [number for number in missing if number in learning]
    if absent:
        there = next(iter(saved.weights.values()))
        name = there.name.replace(f"_L{next(iter(saved.weights))}_", f"_L{absent[0]}_")
        raise DataError(f"{there.parent}: lacks {name}, of a layer that learns")
    before = one_each(found.previous)
    rest = {number: before.weights[number] for number in missing if number in before.weights}
    fill(model, Saved(rest), numbers)
    drawn = [number for number in missing if number not in rest]
    text = f"layers {missing} do not learn and were not saved"
    return text + (f"; weights of {drawn} are drawn anew" if drawn else "; taken from the start")
