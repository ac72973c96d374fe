"""The training loop; it knows no model by name.

A run is a walk through positions (epoch, batch). The samples of a batch, and all noise, depend on
the seed and the position alone; everything else that the next batch needs is in the checkpoint.
So a run that stops anywhere and goes on gives the bits of one that never stopped.

Watchers (progress bar, live plot, TensorBoard) are notified of what happens and change nothing.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from snnrun.core.position import Horizon, Position
from snnrun.core.random import begin, generator
from snnrun.errors import DataError, Interrupted
from snnrun.experiment import Experiment
from snnrun.learning.optimizers import build_optimizer
from snnrun.learning.recorder import Recorder
from snnrun.learning.schedules import Schedules
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Progress
from snnrun.training.journal import Journal
from snnrun.training.keeping import Keeping
from snnrun.training.learner import (
    Learner,
    build_learner,
    choose_device,
    load_data,
    training_values,
)
from snnrun.training.means import Means
from snnrun.training.stopping import Stop
from snnrun.training.threads import frozen_garbage_collector, threads_for
from snnrun.training.watchers.watcher import Watcher, Watchers


def schedules_of(
    experiment: Experiment, optimizer: Optimizer | None, learner: Learner, batches: int
) -> Schedules:
    """Return the schedules of an experiment whose epochs have so many batches."""
    settings = experiment.train
    horizon = Horizon(settings.epochs, batches, math.ceil(batches / settings.accumulate))
    chosen = [settings.scheduler] if settings.scheduler else []
    return Schedules(chosen, optimizer, {}, horizon)


class _Stopped(Exception):
    """Training was asked to stop; ``Training.at`` says where it stands."""


class Training:
    """One run, from wherever it stands to its last epoch."""

    run_dir: RunDir
    journal: Journal

    def __init__(self, experiment: Experiment, watchers: Sequence[Watcher] = ()) -> None:
        self.experiment, self.watchers = experiment, Watchers(watchers)
        self.settings = settings = experiment.train
        self.seed = experiment.seed
        self.learner = build_learner(experiment)
        self.learner.to(choose_device(experiment, settings.device))
        self.dataset = load_data(experiment)
        self.optimizer = build_optimizer(settings.optimizer, self.learner.parameter_groups())
        self.trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.batches = math.ceil(len(self.dataset.train) / settings.batch_size)
        self.schedules = schedules_of(experiment, self.optimizer, self.learner, self.batches)
        self.keeping = Keeping(
            self.learner, self.optimizer, self.schedules,
            settings.savepoints, settings.checkpoint_minutes,
        )  # fmt: skip
        self.stop = Stop(settings.time_limit_minutes)
        self.at = Position()
        self.means, self.gathered = Means(), Means()
        self._continued: Progress | None = None

    def load(self, saved: Checkpoint) -> None:
        """Go to where a checkpoint stands; nothing on disk is changed.

        Raises:
            DataError: something is missing or does not fit.
        """
        self._continued = self.keeping.restore(saved, self._samples)
        self.at, self.means = saved.at, Means(self._continued.means)

    def _samples(self) -> Iterator[Tensor]:
        return training_values(self.dataset)

    # ---- the walk ----

    def start(self, run: RunDir) -> None:
        """Train to the last epoch, from the beginning or from what was loaded, then test.

        What the run logged after the loaded checkpoint is dropped.

        Raises:
            Interrupted: stopped from outside; the run is saved.
            DivergedError: the loss is no longer a number.
        """
        self.run_dir = self.keeping.run = run
        self.journal = Journal(run, self.batches, self.settings.epochs)
        if self._continued:
            self.journal.go_on(self.at, self._continued)
        else:
            self.learner.encoder.fit(self._samples())
        self.lessons = self.learner.lessons(self.dataset.train)
        splits = {"validation": self.dataset.validation, "test": self.dataset.test}
        self.data = {name: self.learner.encode(split) for name, split in splits.items()}
        threads = threads_for(self.learner.model, self.settings.threads)
        with threads, frozen_garbage_collector(), self.stop, self._status():
            self.watchers.notify("started", self)
            if self.at == Position() and not self.journal.metric_lines:
                self._begin()
            while self.at.epoch < self.settings.epochs:
                self._epoch()
            self._end()

    def _begin(self) -> None:
        """Evaluate and save the network as it is before training."""
        values = self._validate(0)
        self.keeping.note(0, values)
        self.journal.log(0, "train", self.learner.rule.epoch_statistics())
        self.journal.log(0, "validation", values)
        self._save()

    def _epoch(self) -> None:
        inputs, labels = self.lessons
        epoch, size = self.at.epoch, self.settings.batch_size
        order = torch.randperm(len(labels), generator=generator(self.seed, "order", epoch))
        self.learner.train()
        self.schedules.apply(epoch, self.at.batch // self.settings.accumulate)
        for batch in range(self.at.batch, self.batches):
            if self._opens_update(batch):
                self._check_stop()  # nowhere else: gradients are in no checkpoint
            chosen = order[batch * size : (batch + 1) * size]
            begin(self.seed, "batch", epoch, batch)
            lessons = inputs.index_select(0, chosen)
            self._step(self.learner.teach(lessons), labels.index_select(0, chosen))
            if self._opens_update(batch + 1):
                self._update()
            self.at = Position(epoch, batch + 1)
            self.watchers.notify("batch_done", self)
        self._finish_epoch()

    def _opens_update(self, batch: int) -> bool:
        """Tell whether a batch, or the end of the epoch, finds no gradients of earlier ones."""
        return not batch % self.settings.accumulate or batch == self.batches

    def _step(self, inputs: Tensor, labels: Tensor) -> None:
        if self._opens_update(self.at.batch):
            for parameter in self.trained:  # a tenth of the cost of optimizer.zero_grad()
                parameter.grad = None
        outcome = self.learner.rule.step(inputs, labels)
        loss = outcome.loss.item()
        if not math.isfinite(loss):
            raise self.keeping.diverged(f"the loss is {loss}", self.at)
        self.means.add(outcome, labels)
        if self.schedules.watch_updates:
            self.gathered.add(outcome, labels)

    def _update(self) -> None:
        """Change the weights by the gradients of the batches since the last update."""
        self.optimizer.step()
        self.learner.rule.constrain()
        if self.schedules.count_updates:
            self.schedules.after("update", {"train": self.gathered.values()})
            self.schedules.apply(self.at.epoch, self.at.batch // self.settings.accumulate + 1)
            self.gathered = Means()

    def _finish_epoch(self) -> None:
        self.keeping.check_finite(self.at)
        epoch, rate = self.at.epoch + 1, self.optimizer.param_groups[0]["lr"]
        validation = self._validate(epoch)
        means, state = self.means.values(), self.learner.rule.epoch_statistics()
        self.schedules.after("epoch", {"train": means, "validation": validation})
        rows = self.journal.log(epoch, "train", {**means, "learning_rate": rate, **state})
        rows += self.journal.log(epoch, "validation", validation)
        self.at, self.means = Position(epoch), Means()
        improved = self.keeping.note(epoch, validation)
        last = epoch == self.settings.epochs
        if improved or self.keeping.overdue or last or epoch in self.settings.savepoints:
            self._save()
        self.watchers.notify("epoch_done", self, rows)

    def _validate(self, epoch: int) -> dict[str, float]:
        """Evaluate the validation split, and record of the epoch what the rule wants recorded."""
        recorder = self.learner.rule.recorder()
        values = self._evaluate("validation", epoch, recorder)
        self.journal.record(epoch, recorder.arrays())
        return values

    def _evaluate(
        self, split: str, epoch: int, recorder: Recorder | None = None
    ) -> dict[str, float]:
        means, size = Means(), self.settings.eval_batch_size
        with self.learner.evaluating():
            for outcome, record, labels in self.learner.judge(
                *self.data[split], size, self.seed, split, epoch
            ):
                means.add(outcome, labels)
                if recorder:
                    recorder.add(record, labels)
                self._check_stop()
        return means.values()

    def _end(self) -> None:
        """Test the network of the last epoch and that of the best one."""
        last, best = self.at.epoch, self.keeping.best.epoch
        tested = {last: self._evaluate("test", last)}
        if best != last:
            with self._tensors_of(best):
                tested[best] = self._evaluate("test", best)
        for epoch, values in tested.items():
            self.journal.log(epoch, "test", values)

    @contextmanager
    def _tensors_of(self, epoch: int) -> Iterator[None]:
        """Put the learner of a saved epoch in the place of this one for a while."""
        own = {name: tensor.clone() for name, tensor in self.learner.state_dict().items()}
        saved = checkpoint.load(self.run_dir.checkpoints / Position(epoch).name)
        self.learner.take(saved, self._samples)
        try:
            yield
        finally:
            self.learner.load_state_dict(own)

    # ---- what goes on disk ----

    def _save(self) -> None:
        self.keeping.save(self.at, self._progress)

    def _progress(self, **known: Any) -> Progress:
        return Progress(
            means=dict(self.means.sums),
            metric_lines=self.journal.metric_lines,
            history_lines=self.journal.history_lines,
            seconds=self.journal.elapsed,
            config=self.experiment.dump_yaml(),
            **known,
        )

    @contextmanager
    def _status(self) -> Iterator[None]:
        """Keep ``status.json`` true, and save when asked to stop."""
        self.journal.start()
        self._write_status("running")
        try:
            yield
        except _Stopped:
            self._save()
            self._write_status("interrupted", self.stop.reason)
            raise Interrupted(
                f"stopped by {self.stop.reason}; saved {self.at}. "
                f"Go on with: snnrun continue {self.run_dir.path}",
                self.stop.code,
            ) from None
        except BaseException as error:
            with suppress(DataError):  # a disk that is full hides no other reason
                self._write_status("failed", str(error) or type(error).__name__)
            raise
        else:
            self._write_status("finished")
        finally:
            self.watchers.notify("stopped", self)

    def _write_status(self, state: str, reason: str | None = None) -> None:
        self.journal.status(state, self.at, self.keeping.best, reason)

    def _check_stop(self) -> None:
        if self.stop.requested():
            raise _Stopped
