"""Run a saved network over a split and keep what figures and tables need in the run folder.

Nothing is computed twice: what a file already holds of the same weights, data and settings stays.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun import plugins
from snnrun.core.random import generator
from snnrun.core.registry import UnknownName, near
from snnrun.data.dataset import SPLITS
from snnrun.data.source import Source
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation import MEASURES
from snnrun.evaluation.measure import Subject
from snnrun.runs import checkpoint
from snnrun.runs import evaluation as files
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.environment import version
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.folder import RunDir
from snnrun.training.evaluating import batch_size
from snnrun.training.learner import (
    Learner,
    build_learner,
    choose_device,
    load_data,
    training_values,
)
from snnrun.training.means import Means

if TYPE_CHECKING:
    from snnrun.experiment import Experiment


def evaluate_run(
    run: RunDir | Path | str,
    epoch: int | None = None,
    split: str = "test",
    measures: Sequence[str] = ("answers",),
    *,
    most: int | None = None,
    into: Path | None = None,
    must_write: bool = False,
) -> Evaluation:
    """Run the network that a run saved over one split, on a GPU if there is one and the run may.

    Args:
        run: the run folder.
        epoch: a saved epoch; None for the last one.
        split: train, validation or test.
        measures: what to keep beside the means, see :data:`snnrun.evaluation.MEASURES`.
        most: of a split with more samples than this, so many are shown, drawn from the seed.
        into: the folder that keeps it; None for the run folder.
        must_write: raise where it cannot be written; else it is just returned.

    Raises:
        DataError: no such run, epoch or data; a damaged checkpoint; a folder that is read-only.
        ConfigError: no such split or measure.
    """
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    _check_split(split)
    experiment = run.experiment()
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    dataset = load_data(experiment)
    source = dataset.split(split)
    numbers = thinned(source, most, experiment.seed, split)
    digests = _digests(run, saved, experiment, source, numbers)
    path = files.file_of(into or run.path, saved.at.epoch, split)
    arrays, facts = files.read(path, digests)
    wanted = files.missing(facts, measures)
    if wanted or not facts:
        learner = build_learner(experiment)
        learner.take(saved, partial(training_values, dataset))
        may = "cpu" if experiment.train.device == "cpu" else "auto"
        learner.to(choose_device(experiment, may))
        size = batch_size(learner, source, experiment)
        subject = Subject(learner, experiment, dataset, split, saved.at.epoch, numbers, size)
        new, statistics = _measured(subject, wanted)
        arrays = {**arrays, **new}
        facts = {
            "samples": len(numbers),
            "whole": len(source),
            "statistics": statistics,
            "measures": [*facts.get("measures", ()), *wanted],
            "digests": digests,
        }
        _write(path, arrays, facts, must_write)
    return Evaluation(run, experiment, saved.at.epoch, split, arrays, facts)


def _measured(
    subject: Subject, wanted: Sequence[str]
) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
    """Return the arrays of measures, and the means over all samples; one pass over these."""
    try:
        measures = {name: MEASURES.pick(name).load()(subject) for name in wanted}
    except UnknownName as error:
        raise ConfigError(str(error)) from error
    means, arrays = Means(), dict[str, NDArray[Any]]()
    learner = subject.learner
    with learner.evaluating():
        for batch in subject.batches():
            outcome, record = learner.rule.evaluate(batch)
            means.add(outcome, batch.targets)
            for measure in measures.values():
                measure.add(batch, outcome, record)
        for name, measure in measures.items():
            arrays |= files.named(name, measure.arrays())
    return arrays, means.values()


def _digests(
    run: RunDir,
    saved: Checkpoint,
    experiment: "Experiment",
    source: Source,
    numbers: NDArray[np.int64],
) -> dict[str, str]:
    """Return what tells whether an evaluation is still that of this network."""
    settings = experiment.model_dump(exclude={"train"}) | {
        "augment": experiment.model_dump()["train"]["augment"],
        "precision": experiment.train.precision,
    }
    return {
        "weights": checkpoint.weights_digest(run.checkpoints, saved.at) or "",
        "data": files.digest(source.digest().encode(), numbers.tobytes()),
        "settings": files.digest(repr(settings).encode()),
        "code": files.digest(repr(plugins.describe(experiment)).encode(), version().encode()),
    }


def _write(
    path: Path, arrays: dict[str, NDArray[Any]], facts: dict[str, Any], must_write: bool
) -> None:
    files.check_size(arrays)
    try:
        files.write(path, arrays, facts)
    except DataError as error:
        if must_write:
            raise DataError(f"{error}; name a folder that can be written: -o DIR") from error
        print(f"{error}; it was not kept", file=sys.stderr)


def thinned(source: Source, most: int | None, seed: int, *stream: str) -> NDArray[np.int64]:
    """Return the numbers of all samples, or of ``most`` of them, drawn from the seed, ascending."""
    whole = len(source)
    if most is None or whole <= most:
        return np.arange(whole)
    chosen = torch.randperm(whole, generator=generator(seed, "thinned", *stream))[:most]
    return chosen.sort().values.numpy()


def load_learner(run: RunDir | Path | str, epoch: int | None = None) -> Learner:
    """Return the learner that a run saved, ready to be called."""
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    experiment = run.experiment()
    learner = build_learner(experiment)
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    return learner


def _check_split(split: str) -> None:
    if split not in SPLITS:
        guess = near(split, SPLITS)
        hint = f"; did you mean {guess!r}?" if guess else "."
        raise ConfigError(f"no split called {split!r}{hint} There are: {', '.join(SPLITS)}")
