"""The training loop; it knows no model by name.

A run is a walk through positions (epoch, batch). The samples of a batch, and all noise, depend on
the seed and the position alone; everything else that the next batch needs is in the checkpoint.
So a run that stops anywhere and goes on gives the bits of one that never stopped.

Watchers (progress bar, live plot, loggers) are notified of what happens and change nothing.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.core.world import World
from snnrun.data.loader import Share, Use
from snnrun.data.reading import lost_workers_told
from snnrun.errors import DivergedError
from snnrun.experiment import Experiment
from snnrun.learning.outcome import Totals
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Progress
from snnrun.runs.summary import Summary, described
from snnrun.runs.tensors import NOT_FINITE
from snnrun.training.carried import is_foreign, refuse_carrying
from snnrun.training.diverging import divergence_told, rewind, skip
from snnrun.training.ending import (
    Stopped,
    best_written,
    lack_of_memory_told,
    saved_when_stopped,
    status_kept,
)
from snnrun.training.evaluating import Evaluator
from snnrun.training.examining import cause, too_large
from snnrun.training.journal import Journal
from snnrun.training.keeping import Keeping
from snnrun.training.learner import build_learner, choose_device, load_data, training_values
from snnrun.training.means import Means
from snnrun.training.pace import Pace
from snnrun.training.recovery import SKIPPED, Recovery
from snnrun.training.stepping import Stepping
from snnrun.training.stopping import Stop
from snnrun.training.threads import frozen_garbage_collector, keep_freed_memory, threads_for
from snnrun.training.update import Report, Update, watched_of
from snnrun.training.watchers.watcher import Watcher, Watchers


class Training:
    """One run, from wherever it stands to its last epoch."""

    journal: Journal

    def __init__(
        self,
        experiment: Experiment,
        watchers: Sequence[Watcher] = (),
        world: World | None = None,
    ) -> None:
        self.experiment, self.watchers = experiment, Watchers(watchers)
        self.world = world or World()
        self.settings = settings = experiment.train
        self.learner = build_learner(experiment)
        self.learner.to(choose_device(experiment, settings.device))
        self.dataset = load_data(experiment)
        self.dataset.open()
        self.batches = math.ceil(len(self.dataset.train) / settings.batch_size)
        updates = math.ceil(self.batches / settings.accumulate)
        self.horizon = Horizon(settings.epochs, self.batches, updates)
        self.stepping = Stepping(experiment, self.learner, self.horizon)
        watched = {"loss": 1, "accuracy": 1} if self.stepping.schedules.watch_updates else {}
        self._joint = self.world.size > 1 and self.learner.model.join(self.world)
        self.recovery = Recovery(settings.on_nan, self.horizon, settings.accumulate)
        droppable = settings.on_nan != "stop"
        kept = self.learner if droppable else self.learner.model if self._joint else None
        self.update = Update(
            self.world, self.learner.rule, self.stepping.trained, settings.accumulate, watched,
            kept.named_buffers if kept else tuple, droppable,
        )  # fmt: skip
        self.keeping = Keeping(
            self.learner, self.stepping, experiment.learning.judged_by,
            settings.savepoints, settings.checkpoint_minutes,
        )  # fmt: skip
        self.stop = Stop(settings.time_limit_minutes)
        self.at = Position()
        self.means = Means()
        self.pace = Pace() if self.world.size > 1 else None
        self.ended: str | None = None
        self._continued: Progress | None = None
        self._agreed_stop = False

    @property
    def run_dir(self) -> RunDir:
        """Where the first process writes; the others have none."""
        assert self.keeping.run is not None
        return self.keeping.run

    def load(self, saved: Checkpoint) -> None:
        """Go to where a checkpoint stands; nothing on disk is changed.

        Raises:
            DataError: something is missing or does not fit.
        """
        self._continued = self.take(saved)
        self.recovery.trouble = self._continued.trouble

    def take(self, saved: Checkpoint) -> Progress:
        """Take over what a checkpoint holds; return where it stands."""
        progress = self.keeping.restore(saved, self.samples)
        self.at, self.means = saved.at, Means(progress.means)
        return progress

    def samples(self) -> Iterator[Tensor]:
        """Yield the values of the training samples, as encoders adapt to them."""
        return training_values(self.dataset)

    def use_threads(self, number: int) -> None:
        """Train on so many threads, and say so in the experiment; before it begins."""
        self.settings = self.settings.model_copy(update={"threads": number})
        self.experiment = self.experiment.model_copy(update={"train": self.settings})

    # ---- the walk ----

    def start(self, run: RunDir | None) -> None:
        """Train to the last epoch, from the beginning or from what was loaded, then test.

        What the run logged after the loaded checkpoint is dropped.

        Args:
            run: where to write; None for a process that does not.

        Raises:
            Interrupted: stopped from outside; the run is saved.
            DivergedError: the loss is no longer a number.
        """
        self.keeping.run = run
        summary = Summary(described(self.experiment))
        self.journal = Journal(run, self.batches, self.settings.epochs, summary)
        if self._continued:
            self.journal.go_on(self.at, self._continued)
            self.keeping.tidy(self.at)  # whoever was killed while saving may not have come to it
        else:
            self.learner.encoder.fit(self.samples())
        keep_freed_memory()
        threads = threads_for(self.learner.model, self.settings.threads)
        with (
            threads, frozen_garbage_collector(), self.stop,
            status_kept(self), divergence_told(self), saved_when_stopped(self),
            self._loading(), lack_of_memory_told(self), best_written(self),
        ):  # fmt: skip
            self._refuse_carrying()
            self.watchers.notify("started", self)
            if self.at == Position() and not self.journal.metric_lines:
                self._begin()
            while not self._over:
                try:
                    self._epoch()
                except DivergedError as error:
                    rewind(self, error)
            self._end()

    @contextmanager
    def _loading(self) -> Iterator[None]:
        """Make the loaders, and end their workers afterwards."""
        settings = self.settings
        self.train = self.learner.loader(
            self.dataset.train,
            self.experiment,
            Use("train", learning=True),
            settings.batch_size,
            share=Share(self.world.rank, self.world.size),
            workers=settings.workers,
            keep=settings.in_memory,
        )
        self.evaluator = Evaluator(
            self.learner, self.dataset, self.experiment, self.world, self._stop_evaluating
        )
        self.learner.rule.where = lambda: f"{self.at}, seed {self.experiment.seed}"
        try:
            with lost_workers_told():
                yield
        finally:
            self.train.close()
            self.evaluator.close()
            self.learner.rule.where = None  # nothing leads back here: all goes with the last user

    def _refuse_carrying(self) -> None:
        """Refuse a model that carries something from one batch over to the next."""
        if not is_foreign(self.learner.model):
            return
        samples = np.arange(min(3, len(self.dataset.train)))
        shown = self.learner.loader(
            self.dataset.train, self.experiment, Use("train"), 2, only=samples
        )
        if len(shown) == 2:
            refuse_carrying(self.learner.model, *shown.epoch(0))
        shown.close()

    def _begin(self) -> None:
        """Evaluate and save the learner as it is before training."""
        self.stepping.apply(0)
        values = self._validate(0)
        self.keeping.note(0, values)
        rows = self.journal.log(0, "train", self.learner.rule.epoch_statistics())
        rows += self.journal.log(0, "validation", values)
        self.watchers.notify("logged", self, rows)
        self.save()

    @property
    def _over(self) -> bool:
        """Whether this was the last epoch, or the validation has settled."""
        if self.at.batch or self.at.epoch >= self.settings.epochs:
            return self.at.epoch >= self.settings.epochs
        if self.ended is not None:
            return True
        return self.keeping.settled(self.at.epoch, self.settings.early_stopping)

    def _epoch(self) -> None:
        epoch, accumulate = self.at.epoch, self.settings.accumulate
        self.learner.train()
        self.learner.rule.start_epoch(self.at, self.horizon)
        self.stepping.apply(epoch, -(-self.at.batch // accumulate))
        self._agreed_stop = False
        for batch in self.train.epoch(epoch, self.at.batch):
            if self._opens_update(self.at.batch):
                self._check_stop()  # nowhere else: gradients are in no checkpoint
                self.update.begin(self.means)
                self.recovery.begin(self.at)
            if not self.recovery.left_out:
                self._step(batch)
            done = self.at.batch + 1
            if self._opens_update(done):
                totals = None if self.recovery.left_out else self._finish_update()
                self._after_update(totals, -(-done // accumulate))
            self.at = Position(epoch, done)
            if self.pace:
                self.pace.tick()
            self.journal.report(self.at, self.keeping.written)
            self.watchers.notify("batch_done", self)
        if self.pace:
            self.pace.compare(self)
            self.pace = None
        self._finish_epoch()

    def _opens_update(self, batch: int) -> bool:
        """Tell whether a batch, or the end of the epoch, finds no gradients of earlier ones."""
        return not batch % self.settings.accumulate or batch == self.batches

    def _step(self, batch: Batch) -> None:
        self.update.begin_batch()
        outcome = self.learner.rule.step(batch) if len(batch) else None
        if self._joint and not len(batch):
            self.learner.rule.accompany(batch)
        loss, stop = 0.0, self.world.size > 1 and self.stop.requested()
        watched: Report = {}
        if outcome:
            loss = outcome.loss.item() if outcome.loss is not None else 0.0
            if self.stepping.schedules.watch_updates:
                watched = watched_of(outcome, batch.targets)
        finite = math.isfinite(loss)
        if not finite and self.world.size == 1 and self.recovery.kind != "skip":
            raise DivergedError(self._why(batch, loss))
        self.update.add(batch, outcome, watched, finite=finite, stop=stop)

    def _why(self, batch: Batch, loss: float) -> str:
        """Say what made the loss of a batch no number."""
        found = cause(self.learner, batch)
        return f"{found} {NOT_FINITE}, and the loss is {loss}" if found else f"the loss is {loss}"

    def _finish_update(self) -> Totals | None:
        """Change the weights by the gradients of the batches since the last update.

        Returns:
            What the batches came to; None if they are not finite, and are skipped.
        """
        update, rule = self.update, self.learner.rule
        totals = update.close()
        self._agreed_stop = update.stop
        if not update.finite:
            gone = "the loss is no longer finite"
            text = too_large(self.learner) if update.losses_finite else gone
            update.undo()
            if self.recovery.kind != "skip":
                raise DivergedError(text)
            skip(self, DivergedError(text))
            return None
        intervened = rule.intervene(totals)
        if rule.intervention is not None:
            self.means.put(rule.intervention, float(intervened) * update.samples, update.samples)
        self.stepping.step(dropped=intervened)
        rule.constrain()
        if self.recovery.kind == "rewind":
            self.keeping.check_finite(self.keeping.kept_by_optimizer())
        self.recovery.made()
        return totals

    def _after_update(self, totals: Totals | None, number: int) -> None:
        """Let schedules look at an update; one that was left out they count, but do not see."""
        if self.recovery.kind != "stop":
            self.means.put(SKIPPED, float(totals is None), 1)
        if self.stepping.schedules.count_updates:
            watch = self.stepping.schedules.watch_updates
            self.stepping.after_update(totals if watch else None, self.at.epoch, number)

    def _finish_epoch(self) -> None:
        self.keeping.check_finite()
        epoch, rate = self.at.epoch + 1, self.stepping.rate
        self.stepping.apply(epoch)
        validation = self._validate(epoch)
        means, state = self.means.values(), self.learner.rule.epoch_statistics()
        self.stepping.schedules.after("epoch", {"train": means, "validation": validation})
        logged = means if rate is None else {**means, "learning_rate": rate}
        rows = self.journal.log(epoch, "train", {**logged, **state})
        rows += self.journal.log(epoch, "validation", validation)
        self.watchers.notify("logged", self, rows)
        self.at, self.means = Position(epoch), Means()
        improved = self.keeping.note(epoch, validation)
        due = self.keeping.due or self._over or epoch in self.settings.savepoints
        if improved or due:
            self.keeping.hold(self.at, self._progress)
        if due:
            self.write()
        self.watchers.notify("epoch_done", self, rows)

    def _validate(self, epoch: int) -> dict[str, float]:
        """Evaluate the validation split, and record of the epoch what the rule wants recorded."""
        values, arrays = self.evaluator.validate(epoch)
        self.journal.record(epoch, arrays)
        return values

    def end_early(self, reason: str) -> None:
        """End after this epoch, as if it were the last; the status tells why."""
        self.ended = reason

    def _end(self) -> None:
        """Test the learner of the last epoch and that of the best one."""
        if self.ended is not None:
            self.save()
        last, best = self.at.epoch, self.keeping.best.epoch
        self.stepping.apply(last)
        tested = {last: self.evaluator.evaluate("test", last)}
        if best != last:
            with self.keeping.learner_of(best, self.samples, self.world):
                self.stepping.apply(best)
                try:
                    tested[best] = self.evaluator.evaluate("test", best)
                finally:
                    self.stepping.apply(last)
        for epoch, values in tested.items():
            rows = self.journal.log(epoch, "test", values)
            self.watchers.notify("logged", self, rows)

    # ---- what goes on disk ----

    def save(self) -> None:
        """Write a checkpoint of where training stands, and remove those that nobody needs then."""
        self.keeping.hold(self.at, self._progress)
        self.write()

    def write(self) -> None:
        """Write the checkpoints that were put off."""
        self.keeping.write(lambda: self.write_status("running"))  # it names the best that stays

    @cached_property
    def config_text(self) -> str:
        """The experiment, as checkpoints and records tell it."""
        return self.experiment.dump_yaml()

    def _progress(self, **known: Any) -> Progress:
        return Progress(
            means=dict(self.means.sums),
            metric_lines=self.journal.metric_lines,
            history_lines=self.journal.history_lines,
            seconds=self.journal.elapsed,
            config=self.config_text,
            trouble=self.recovery.trouble,
            **known,
        )

    def write_status(self, state: str, reason: str | None = None) -> None:
        """Let ``status.json`` tell how training stands, and why."""
        self.journal.status(state, self.at, self.keeping.written, reason)

    def _stop_evaluating(self) -> None:
        """Stop within an evaluation, if any process is asked to."""
        self._agreed_stop = self.world.any(self.stop.requested())
        self._check_stop()

    def _check_stop(self) -> None:
        """Stop here if that was asked for; several processes have agreed on it before."""
        if self._agreed_stop or (self.world.size == 1 and self.stop.requested()):
            raise Stopped
