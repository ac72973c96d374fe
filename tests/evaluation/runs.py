"""Small saved runs of untrained networks, and the live networks that measures are checked with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from snnrun.core.batch import Batch
from snnrun.core.position import Position
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.data import Dataset
from snnrun.evaluation import MEASURES
from snnrun.evaluation.evaluate import evaluate_run, load_learner
from snnrun.evaluation.measure import Subject
from snnrun.experiment import Experiment
from snnrun.learning.outcome import predictions
from snnrun.runs import checkpoint
from snnrun.runs.evaluation import Evaluation
from snnrun.runs.folder import RunDir
from snnrun.training.learner import Learner, build_learner, load_data

EPOCH = 12


@dataclass
class Live:
    """A network at work, shown samples without loaders, batches or measures."""

    experiment: Experiment
    learner: Learner
    dataset: Dataset
    epoch: int = EPOCH

    @property
    def model(self) -> Any:
        return self.learner.model

    def samples(self, numbers=None, split="test"):
        """Numbers, values and labels of samples; of all by default."""
        source = self.dataset.split(split)
        numbers = np.arange(len(source)) if numbers is None else np.asarray(numbers)
        values, labels = source.read(numbers)
        return numbers, torch.from_numpy(values).to(self.learner.dtype), torch.from_numpy(labels)

    def random(self, numbers, split="test", batch=0) -> Random:
        return Random(self.experiment.seed, split, self.epoch, batch, np.asarray(numbers))

    def show(self, numbers=None, split="test") -> tuple[torch.Tensor, Record]:
        """What the network sees of samples, and all that it does, with their random numbers."""
        numbers, values, _ = self.samples(numbers, split)
        with self.learner.evaluating():
            return self.learner.show(values, self.random(numbers, split))

    def batch(self, numbers=None, split="test") -> Batch:
        numbers, _, labels = self.samples(numbers, split)
        seen, _ = self.show(numbers, split)
        return Batch(seen, labels, self.random(numbers, split), self.learner.encoder.constant)

    def predict(self, numbers=None, split="test") -> np.ndarray:
        _, record = self.show(numbers, split)
        return predictions(self.learner.rule.scores(record)).numpy()


def built(experiment: Experiment) -> Live:
    """The untrained network of an experiment."""
    learner, dataset = build_learner(experiment), load_data(experiment)
    _, values, _ = Live(experiment, learner, dataset).samples(split="train")
    learner.encoder.fit([values])
    return Live(experiment, learner, dataset)


def opened(run: RunDir, epoch: int = EPOCH) -> Live:
    """The network that a run saved."""
    experiment = run.experiment()
    return Live(experiment, load_learner(run, epoch), load_data(experiment), epoch)


def saved(folder: Path, live: Live, initial: Mapping[str, torch.Tensor] | None = None) -> RunDir:
    """A run folder that holds a network, and if wanted the state that it began with."""
    run = RunDir(folder)
    run.checkpoints.mkdir(parents=True, exist_ok=True)
    run.write_experiment(live.experiment)
    state = live.learner.state_dict()
    checkpoint.save(run.checkpoints, Position(live.epoch), state)
    if initial is not None:
        checkpoint.save(run.checkpoints, Position(0), {**state, **initial})
    return run


def subject_of(live: Live, run: RunDir | None = None, size: int = 400) -> Subject:
    """A network and its test samples, as measures get them."""
    numbers = np.arange(len(live.dataset.test))
    given = live.learner, live.experiment, live.dataset, "test", live.epoch, numbers, size
    return Subject(run or RunDir("nowhere"), *given)


def measures_of(experiment: Experiment) -> list[str]:
    """All measures that a network allows."""
    return [name for name, entry in MEASURES.items() if entry.needs <= experiment.offers]


def measured(run: RunDir, *names: str, split: str = "test", **options: Any) -> Evaluation:
    """The evaluation of a run by some measures; by all that fit, if none is named."""
    return evaluate_run(run, None, split, names or measures_of(run.experiment()), **options)


def changed(evaluation: Evaluation, measure: str, **arrays: Any) -> Evaluation:
    """The same evaluation with other arrays of a measure."""
    new = {f"{measure}/{name}": np.asarray(array) for name, array in arrays.items()}
    return replace(evaluation, arrays={**evaluation.arrays, **new})


def without(evaluation: Evaluation, measure: str, *names: str) -> Evaluation:
    """The same evaluation without some arrays of a measure."""
    gone = {f"{measure}/{name}" for name in names}
    kept = {name: array for name, array in evaluation.arrays.items() if name not in gone}
    return replace(evaluation, arrays=kept)
