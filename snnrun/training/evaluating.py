"""The passes of a training in which nothing is learned: validation after each epoch, the test."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.events import Events
from snnrun.core.world import World
from snnrun.data import Dataset
from snnrun.data.loader import Loader, Share, Use
from snnrun.data.source import Source
from snnrun.experiment import Experiment
from snnrun.learning.recorder import Recorder
from snnrun.learning.rule import Rule
from snnrun.training.learner import Learner
from snnrun.training.means import EvaluationMeans

#: Bytes that the record of a batch may take; of larger ones, a batch has fewer samples.
ROOM = 64 * 2**20
Arrays = Mapping[str, NDArray[np.floating[Any]]]


class Evaluator:
    """Shows a learner the samples of a split, over all processes.

    Args:
        learner: whose encoder has seen the training samples.
        dataset: the samples.
        experiment: says how many are shown at once.
        world: the processes.
        check: called after each batch; it raises where training is to stop. None once closed.

    split: that is shown, None between two.
    """

    def __init__(
        self,
        learner: Learner,
        dataset: Dataset,
        experiment: Experiment,
        world: World,
        check: Callable[[], None],
    ) -> None:
        self.learner, self.dataset, self.experiment = learner, dataset, experiment
        self.world = world
        self.check: Callable[[], None] | None = check
        self.size = batch_size(learner, dataset.validation, experiment)
        self.split: str | None = None
        self._loaders: dict[str, Loader] = {}

    def validate(self, epoch: int) -> tuple[dict[str, float], Arrays]:
        """Return what the validation split comes to, and the arrays to record of the epoch."""
        rule = self.learner.rule
        if type(rule).calibrate is not Rule.calibrate:
            with self.learner.evaluating():
                rule.calibrate(partial(self._training_samples, epoch))
        recorder = rule.recorder()
        values = self.evaluate("validation", epoch, recorder)
        if self.world.size > 1:
            every = self.world.gather(recorder.seen())
            recorder.merge(seen for rank, seen in enumerate(every) if rank != self.world.rank)
        return values, recorder.arrays()

    def evaluate(
        self, split: str, epoch: int, recorder: Recorder | None = None
    ) -> dict[str, float]:
        """Return what a split comes to: loss, accuracy and what else the rule tells."""
        means, self.split = EvaluationMeans(), split
        with self.learner.evaluating():
            for batch in self._loader(split).epoch(epoch):
                if len(batch):
                    outcome, record = self.learner.rule.evaluate(batch)
                    means.add(outcome, batch.targets)
                    if recorder:
                        recorder.add(record, batch.targets)
                if self.check:
                    self.check()
        self.split = None
        if self.world.size > 1:
            every = self.world.gather(means.sums)
            means = EvaluationMeans()
            means.merge(every)
        return means.values()

    def close(self) -> None:
        """End the workers of the loaders, and forget who asked."""
        for loader in self._loaders.values():
            loader.close()
        self.check = None

    def _loader(self, split: str) -> Loader:
        if split not in self._loaders:
            self._loaders[split] = self.learner.loader(
                self.dataset.split(split),
                self.experiment,
                Use(split),
                self.size,
                share=Share(self.world.rank, self.world.size),
                workers=self.experiment.train.workers,
                keep=self.experiment.train.in_memory,
            )
        return self._loaders[split]

    def _training_samples(self, epoch: int) -> Iterator[Batch]:
        """Begin a pass over all training samples, in each process; nothing is augmented."""
        loader = self.learner.loader(
            self.dataset.train, self.experiment, Use("calibration"), self.size
        )
        return loader.epoch(epoch)


def batch_size(learner: Learner, source: Source, experiment: Experiment) -> int:
    """Return how many samples may be shown at once: as the config says, if what they do fits."""
    wanted = experiment.train.eval_batch_size
    loader = learner.loader(source, experiment, Use("size"), 1, only=np.arange(1), keep=False)
    with learner.evaluating():
        for batch in loader.epoch(0):
            record = learner.rule.evaluate(batch)[1]
            every = _tensors_of([batch.inputs, vars(record)])
            kept = {each.data_ptr(): each for each in every}
            wanted = min(wanted, max(1, ROOM // max(1, sum(map(_bytes, kept.values())))))
    return wanted


def _tensors_of(part: Any) -> Iterator[Tensor]:
    """Yield the tensors in lists, maps and spikes as lists."""
    if isinstance(part, Tensor):
        yield part
    elif isinstance(part, Events):
        yield from (part.starts, part.places)
        yield from () if part.currents is None else (part.currents,)
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _tensors_of(each)


def _bytes(tensor: Tensor) -> int:
    """Return what a tensor takes, which is less than it seems where steps are all the same."""
    return min(tensor.untyped_storage().nbytes(), tensor.numel() * tensor.element_size())
