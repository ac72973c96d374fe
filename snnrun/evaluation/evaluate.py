"""Run a saved network over a split and keep what figures and tables need in the run folder.

Nothing is computed twice: what a file already holds of the same weights, data and settings stays.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun import plugins
from snnrun.core.random import thinned
from snnrun.core.registry import near
from snnrun.core.world import World
from snnrun.data.dataset import SPLITS
from snnrun.data.source import Source
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation.measure import Subject
from snnrun.evaluation.measuring import Busy, Failed, measured, quietly
from snnrun.learning.schedules import RATE
from snnrun.runs import checkpoint
from snnrun.runs import evaluation as files
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.edits import SHOWN, refuse_edits
from snnrun.runs.environment import version
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.files import refuse_read_only
from snnrun.runs.folder import RunDir
from snnrun.training.evaluating import batch_size
from snnrun.training.learner import (
    Learner,
    build_learner,
    choose_device,
    load_data,
    training_values,
)
from snnrun.training.memory import memory_told
from snnrun.training.stepping import chosen, set_targets
from snnrun.training.threads import keep_freed_memory, threads_for
from snnrun.weighing import check_memory

if TYPE_CHECKING:
    from snnrun.experiment import Experiment


def evaluate_run(
    run: RunDir | Path | str,
    epoch: int | Checkpoint | None = None,
    split: str = "test",
    measures: Sequence[str] = ("answers",),
    *,
    most: int | None = None,
    into: Path | None = None,
    must_write: bool = False,
    failed: Failed | None = None,
    world: World | None = None,
    busy: Busy = quietly,
) -> Evaluation:
    """Run the network that a run saved over one split, on a GPU if there is one and the run may.

    Args:
        run: the run folder.
        epoch: a saved epoch, or its checkpoint; None for the last one.
        split: train, validation or test.
        measures: what to keep beside the means, see :data:`snnrun.evaluation.MEASURES`.
        most: of a split with more samples than this, so many are shown, drawn from the seed.
        into: the folder that keeps it; None for the run folder.
        must_write: raise where it cannot be written; else it is just returned.
        failed: takes up measures that fail, and why, while the others are made; None: the first
            that fails raises.
        world: the processes that do this together, of which the first writes; None: this one.
        busy: is told what is done.

    Raises:
        DataError: no such run, epoch or data; a damaged checkpoint; a folder that is read-only.
        ConfigError: no such split or measure; a config that was edited since the run began, or
            that this machine has no memory for.
    """
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    world = world or World()
    split = split_of(split)
    _check_split(split)
    experiment = run.experiment()
    saved = (
        epoch if isinstance(epoch, Checkpoint) else checkpoint.open_epoch(run.checkpoints, epoch)
    )
    refuse_edits(run.config, saved, experiment, SHOWN)
    check_memory(experiment, learning=False)
    dataset = load_data(experiment)
    source = dataset.split(split)
    numbers = thinned(len(source), most, experiment.seed, split)
    digests = _digests(saved, experiment, source, numbers)
    path = files.file_of(into or run.path, saved.at.epoch, split)
    arrays, facts = files.read(path, digests)
    wanted = files.missing(facts, measures)
    if wanted or not facts:
        if must_write:
            refuse_read_only(path.parent)
        learner = learner_of(experiment, saved, partial(training_values, dataset))
        size = batch_size(learner, source, experiment)
        subject = Subject(
            run, learner, experiment, dataset, split, saved.at.epoch, numbers, size, world
        )
        arrays, known = _extended(subject, wanted, arrays, facts, failed, busy)
        facts = {**known, "whole": len(source), "digests": digests}
        if world.first:
            _write(path, arrays, facts, must_write)
    tensors = model_of(saved)
    return Evaluation(run, experiment, saved.at.epoch, split, arrays, facts, tensors)


def model_of(saved: Checkpoint) -> dict[str, NDArray[Any]]:
    """Return the tensors of the model, by their names within it."""
    return {
        name.removeprefix("model."): tensor.numpy()
        for name, tensor in sorted(saved.tensors.items())
        if name.startswith("model.")
    }


def _extended(
    subject: Subject,
    wanted: Sequence[str],
    arrays: dict[str, NDArray[Any]],
    facts: dict[str, Any],
    failed: Failed | None,
    busy: Busy,
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return what is known of a subject already, and further measures of it."""
    now: Failed | None = None if failed is None else {}
    model, config = subject.learner.model, subject.run.config
    told = memory_told(
        model,
        lambda: f"the evaluation of {subject.split} (epoch {subject.epoch})",
        lambda: f"in {config} train.eval_batch_size",
    )
    keep_freed_memory()
    with subject.learner.evaluating(), threads_for(model), told:
        room = files.LIMIT - files.size_of(arrays)
        new, means = measured(subject, wanted, facts.get("statistics"), room, now, busy)
    if failed is not None:
        failed |= now or {}
    made = [name for name in wanted if name not in (now or ())]
    known = {
        "samples": len(subject.numbers),
        "statistics": means,
        "measures": [*facts.get("measures", ()), *made],
    }
    return {**arrays, **new}, known


def learner_of(
    experiment: "Experiment", saved: Checkpoint, samples: Callable[[], Iterable[Tensor]]
) -> Learner:
    """Return the learner of a checkpoint, where it is to run.

    Args:
        experiment: that it was saved of.
        saved: the checkpoint.
        samples: see :meth:`.Learner.take`.
    """
    learner = build_learner(experiment)
    learner.take(saved, samples)
    set_targets(experiment, learner, saved.at.epoch)
    may = "cpu" if experiment.train.device == "cpu" else "auto"
    return learner.to(choose_device(experiment, may))


def _digests(
    saved: Checkpoint,
    experiment: "Experiment",
    source: Source,
    numbers: NDArray[np.int64],
) -> dict[str, str]:
    """Return what tells whether an evaluation is still that of this network."""
    moving = [each for each in chosen(experiment) if each.target != RATE]
    schedules = (moving, experiment.train.epochs) if moving else None
    return {
        "weights": saved.digest,
        "data": files.digest(source.digest().encode(), numbers.tobytes()),
        "settings": files.settings_digest(experiment),
        "schedules": files.digest(repr(schedules).encode()),
        "code": files.digest(repr(plugins.describe(experiment)).encode(), version().encode()),
    }


def _write(
    path: Path, arrays: dict[str, NDArray[Any]], facts: dict[str, Any], must_write: bool
) -> None:
    try:
        files.write(path, arrays, facts)
    except DataError as error:
        if must_write:
            raise
        print(f"{error}; it was not kept", file=sys.stderr)


def load_learner(run: RunDir | Path | str, epoch: int | None = None) -> Learner:
    """Return the learner that a run saved, ready to be called."""
    run = run if isinstance(run, RunDir) else RunDir.open(run)
    experiment = run.experiment()
    saved = checkpoint.open_epoch(run.checkpoints, epoch)
    refuse_edits(run.config, saved, experiment, SHOWN)
    learner = build_learner(experiment)
    learner.take(saved, lambda: training_values(load_data(experiment)))
    set_targets(experiment, learner, saved.at.epoch)
    return learner


def split_of(word: str) -> str:
    """Return the split that a word means: its name, or the beginning of it; others as they are.

    Example:
        >>> [split_of(word) for word in ("val", "test", "tets")]
        ['validation', 'test', 'tets']
    """
    meant = [split for split in SPLITS if len(word) > 1 and split.startswith(word)]
    return meant[0] if len(meant) == 1 else word


def _check_split(split: str) -> None:
    if split not in SPLITS:
        guess = near(split, SPLITS)
        hint = f"; did you mean {guess!r}?" if guess else "."
        raise ConfigError(f"no split called {split!r}{hint} There are: {', '.join(SPLITS)}")
