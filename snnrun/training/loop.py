"""The training loop; it knows no model by name.

A run is a walk through positions (epoch, batch). The samples of a batch, and all noise, depend on
the seed and the position alone; everything else that the next batch needs is in the checkpoint.
So a run that stops anywhere and goes on gives the bits of one that never stopped.

Watchers (progress bar, live plot, TensorBoard) are told what happens and change nothing.
"""

import gc
import math
import os
import socket
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import Tensor

from snnrun.core.random import begin, generator
from snnrun.errors import DataError, DivergedError, Interrupted, WatcherWarning
from snnrun.experiment import Experiment
from snnrun.learning.keeper import Keeper
from snnrun.learning.optimizers import build_optimizer
from snnrun.learning.outcome import Outcome, predictions
from snnrun.learning.schedules import build_scheduler
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Position
from snnrun.runs.folder import Metric, RunDir
from snnrun.training.learner import build_network, choose_device, fit_encoder, load_data
from snnrun.training.stopping import Stop

#: Below so many parameters, a second thread costs more than it gives.
SMALL = 10_000


#: What the state of a checkpoint must hold to go on from it.
STATE = ("optimizer", "scheduler", "rule", "means", "best", "kept", "metric_lines", "seconds")


class Watcher:
    """Is told how training goes; the methods do nothing unless overridden.

    One that fails is left out from there on, with a warning; training goes on.
    """

    name = "watcher"

    def started(self, training: "Training") -> None:
        """Training begins, or goes on, at ``training.at``."""

    def batch_done(self, training: "Training") -> None:
        """One more batch is done."""

    def epoch_done(self, training: "Training", rows: list[Metric]) -> None:
        """One more epoch is done and evaluated; ``rows`` is what was logged of it."""

    def stopped(self, training: "Training") -> None:
        """Training ends here, for whatever reason."""


class Means:
    """Running means over samples; of each value, over those of the batches that reported it.

    sums: name -> sum over samples and number of samples.
    """

    def __init__(self, sums: Mapping[str, Sequence[float]] | None = None) -> None:
        self.sums = {name: (total, samples) for name, (total, samples) in (sums or {}).items()}

    def add(self, outcome: Outcome, labels: Tensor) -> None:
        """Add the outcome of a batch."""
        samples = len(labels)
        self._add("accuracy", predictions(outcome.scores).eq(labels).sum().item(), samples)
        for name, value in {"loss": outcome.loss.item(), **outcome.statistics}.items():
            self._add(name, samples * value, samples)

    def _add(self, name: str, total: float, samples: int) -> None:
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = (before + total, counted + samples)

    def values(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: total / samples for name, (total, samples) in self.sums.items()}


@contextmanager
def threads_for(model: torch.nn.Module, wanted: int | None = None) -> Iterator[None]:
    """Give torch and the kernels as many threads as are wanted, or as pay off for a network."""
    before = torch.get_num_threads()
    small = sum(p.numel() for p in model.parameters()) < SMALL
    torch.set_num_threads(wanted or (1 if small else before))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def young_garbage() -> Iterator[None]:
    """Let Python's collector look only at objects made from here on.

    Going over all that torch brought along costs a tenth of the time of a small network.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class _Stopped(Exception):
    """Training was asked to stop; ``Training.at`` says where it stands."""


class Training:
    """One run, from wherever it stands to its last epoch."""

    run_dir: RunDir

    def __init__(self, experiment: Experiment, watchers: Sequence[Watcher] = ()) -> None:
        self.experiment, self.watchers = experiment, list(watchers)
        self.settings = settings = experiment.train
        self.seed = experiment.seed
        device = choose_device(experiment, settings.device)
        self.network = build_network(experiment).on(device)
        dataset = load_data(experiment)
        fit_encoder(self.network, dataset)
        self.lessons = self.network.lessons(dataset.train)
        splits = {"validation": dataset.validation, "test": dataset.test}
        self.data = {name: self.network.encode(split) for name, split in splits.items()}
        self.optimizer = build_optimizer(settings.optimizer, self.network.parameter_groups())
        self.trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.schedule = build_scheduler(settings.scheduler, self.optimizer)
        self.stop = Stop(settings.time_limit_minutes)
        self.at = Position()
        self.means, self.gathered = Means(), Means()
        self.best: dict[str, float] = {"epoch": 0, "accuracy": -1.0, "loss": math.inf}
        self.kept = {0}
        self.metric_lines = self.history_lines = 0
        self.seconds = 0.0
        self._started = self._saved = time.monotonic()

    @property
    def batches(self) -> int:
        """Number of batches of an epoch."""
        return math.ceil(len(self.lessons[1]) / self.settings.batch_size)

    # ---- the walk ----

    def start(self, run: RunDir, saved: checkpoint.Checkpoint | None = None) -> None:
        """Train to the last epoch, from the beginning or from a checkpoint, then test.

        Raises:
            Interrupted: stopped from outside; the run is saved.
            DivergedError: the loss is no longer a number.
        """
        self.run_dir = run
        if saved:
            self._restore(saved)
        threads = threads_for(self.model, self.settings.threads)
        with threads, young_garbage(), self.stop, self._status():
            self._tell("started")
            if self.at == Position() and not self.metric_lines:
                self._begin()
            while self.at.epoch < self.settings.epochs:
                self._epoch()
            self._end()

    def _begin(self) -> None:
        """Evaluate and save the network as it is before training."""
        values = self._validate(0)
        self.best = {"epoch": 0, "accuracy": values["accuracy"], "loss": values["loss"]}
        self._log(0, "train", self.network.epoch_statistics())
        self._log(0, "validation", values)
        self._save()

    def _epoch(self) -> None:
        inputs, labels = self.lessons
        epoch, size = self.at.epoch, self.settings.batch_size
        order = torch.randperm(len(labels), generator=generator(self.seed, "order", epoch))
        for batch in range(self.at.batch, self.batches):
            if self._opens_update(batch):
                self._check_stop()  # nowhere else: gradients are in no checkpoint
            chosen = order[batch * size : (batch + 1) * size]
            begin(self.seed, "batch", epoch, batch)
            lessons = inputs.index_select(0, chosen)
            self._step(self.network.teach(lessons), labels.index_select(0, chosen))
            if self._opens_update(batch + 1):
                self._update()
            self.at = Position(epoch, batch + 1)
            self._tell("batch_done")
        self._finish_epoch()

    def _opens_update(self, batch: int) -> bool:
        """Tell whether a batch, or the end of the epoch, finds no gradients of earlier ones."""
        return not batch % self.settings.accumulate or batch == self.batches

    def _step(self, inputs: Tensor, labels: Tensor) -> None:
        if self._opens_update(self.at.batch):
            for parameter in self.trained:  # a tenth of the cost of optimizer.zero_grad()
                parameter.grad = None
        outcome = self.network.rule.step(inputs, labels)
        if not math.isfinite(outcome.loss.item()):
            raise self._diverged(f"the loss is {outcome.loss.item()}")
        self.means.add(outcome, labels)
        if self.schedule and self.schedule.counts_updates:
            self.gathered.add(outcome, labels)

    def _update(self) -> None:
        """Change the weights by the gradients of the batches since the last update."""
        self.optimizer.step()
        self.network.rule.constrain()
        if self.schedule and self.schedule.counts_updates:
            self.schedule.after("update", {"train": self.gathered.values()})
            self.gathered = Means()

    def _finish_epoch(self) -> None:
        self._check_weights()
        epoch, rate = self.at.epoch + 1, self.optimizer.param_groups[0]["lr"]
        validation = self._validate(epoch)
        means, state = self.means.values(), self.network.epoch_statistics()
        if self.schedule:
            self.schedule.after("epoch", {"train": means, "validation": validation})
        rows = self._log(epoch, "train", {**means, "learning_rate": rate, **state})
        rows += self._log(epoch, "validation", validation)
        self.at, self.means = Position(epoch), Means()
        self._save_if_due(validation)
        self._tell("epoch_done", rows)

    def _check_weights(self) -> None:
        for name, parameter in self.model.named_parameters():
            if not parameter.isfinite().all():
                raise self._diverged(f"{name} holds values that are not finite")

    def _diverged(self, what: str) -> DivergedError:
        found = ", ".join(map(str, checkpoint.saved(self.run_dir.checkpoints)))
        return DivergedError(f"{what} in {self.at}; try a smaller learning rate. Saved: {found}")

    def _validate(self, epoch: int) -> dict[str, float]:
        """Evaluate the validation split, and keep of the epoch what the rule wants kept."""
        keeper = self.network.keeper()
        values, arrays = self._evaluate("validation", epoch, keeper), keeper.arrays()
        self.run_dir.append_history(epoch, arrays)
        self.history_lines += len(arrays)
        return values

    def _evaluate(self, split: str, epoch: int, keeper: Keeper | None = None) -> dict[str, float]:
        means, size = Means(), self.settings.eval_batch_size
        for outcome, record, labels in self.network.judge(
            *self.data[split], size, self.seed, split, epoch
        ):
            means.add(outcome, labels)
            if keeper:
                keeper.add(record, labels)
            self._check_stop()
        return means.values()

    def _end(self) -> None:
        """Test the network of the last epoch and that of the best one."""
        last, best = self.at.epoch, int(self.best["epoch"])
        tested = {last: self._evaluate("test", last)}
        if best != last:
            with self._weights_of(best):
                tested[best] = self._evaluate("test", best)
        for epoch, values in tested.items():
            self._log(epoch, "test", values)

    @contextmanager
    def _weights_of(self, epoch: int) -> Iterator[None]:
        """Put the weights of a saved epoch into the network for a while."""
        own = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        checkpoint.load(self.run_dir.checkpoints / Position(epoch).name).load_into(self.model)
        try:
            yield
        finally:
            self.model.load_state_dict(own)

    # ---- what goes on disk ----

    def _save_if_due(self, validation: dict[str, float]) -> None:
        epoch, best = self.at.epoch, self.best
        improved = (validation["accuracy"], -validation["loss"]) > (best["accuracy"], -best["loss"])
        if improved:
            self.best = {"epoch": epoch, **{key: validation[key] for key in ("accuracy", "loss")}}
        overdue = time.monotonic() - self._saved > 60 * self.settings.checkpoint_minutes
        last = epoch == self.settings.epochs
        if improved or overdue or last or epoch in self.settings.savepoints:
            self._save()

    def _save(self) -> None:
        """Write a checkpoint of this moment and remove those that nobody needs any more."""
        folder = self.run_dir.checkpoints
        if self.at.epoch in self.settings.savepoints and not self.at.batch:
            self.kept |= {self.at.epoch, int(self.best["epoch"])}
        self.run_dir.sync_lines()
        checkpoint.save(folder, self.at, self.model, self._state())
        checkpoint.point(folder, "last", self.at)
        best = int(self.best["epoch"])
        checkpoint.point(folder, "best", Position(best))
        checkpoint.prune(folder, {self.at, Position(best), *map(Position, self.kept)})
        self._saved = time.monotonic()

    def _state(self) -> dict[str, Any]:
        return {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.schedule.state_dict() if self.schedule else None,
            "rule": self.network.rule.state_dict(),
            "means": dict(self.means.sums),
            "best": self.best,
            "kept": sorted(self.kept),
            "metric_lines": self.metric_lines,
            "history_lines": self.history_lines,
            "seconds": self.elapsed,
            "config": self.experiment.dump_yaml(),
        }

    def load(self, saved: checkpoint.Checkpoint) -> dict[str, Any]:
        """Take over network, optimiser, schedule and rule of a checkpoint; return its state.

        Raises:
            DataError: something is missing or does not fit.
        """
        saved.load_into(self.model)
        state = saved.state(STATE)
        try:
            self.optimizer.load_state_dict(state["optimizer"])
            if self.schedule:
                self.schedule.load_state_dict(state["scheduler"])
            self.network.rule.load_state_dict(state["rule"])
        except (LookupError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            raise DataError(f"{saved.path} does not fit the run's settings: {error}") from error
        return state

    def _restore(self, saved: checkpoint.Checkpoint) -> None:
        """Go to where a checkpoint stands; what the run logged after it is dropped."""
        state = self.load(saved)
        self.at, self.means, self.best = saved.at, Means(state["means"]), state["best"]
        self.kept, self.seconds = set(state["kept"]), state["seconds"]
        self.run_dir.keep_metrics(state["metric_lines"], self.at.epoch)
        self.metric_lines = len(self.run_dir.metric_lines())
        lines = state.get("history_lines", 0)  # earlier versions kept none
        self.run_dir.keep_history(lines, self.at.epoch)
        self.history_lines = len(self.run_dir.history_lines())

    def _log(self, epoch: int, split: str, values: dict[str, float]) -> list[Metric]:
        step = epoch * self.batches
        rows = [
            Metric(step=step, epoch=epoch, split=split, name=n, value=v, time=self.elapsed)
            for n, v in values.items()
        ]
        self.run_dir.append_metrics(rows)
        self.metric_lines += len(rows)
        return rows

    @contextmanager
    def _status(self) -> Iterator[None]:
        """Keep ``status.json`` true, and save when asked to stop."""
        self._started = time.monotonic()
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
            self._tell("stopped")

    def _write_status(self, state: str, reason: str | None = None) -> None:
        content = {
            "state": state,
            "reason": reason,
            "epoch": self.at.epoch,
            "batch": self.at.batch,
            "epochs": self.settings.epochs,
            "best": self.best,
            "seconds": round(self.elapsed, 3),
            "process": os.getpid(),
            "host": socket.gethostname(),
        }
        self.run_dir.write_json("status.json", content)

    # ---- small things ----

    @property
    def model(self) -> torch.nn.Module:
        """The network being trained."""
        return self.network.model

    @property
    def elapsed(self) -> float:
        """Seconds of training, over all sessions."""
        return self.seconds + time.monotonic() - self._started

    def _check_stop(self) -> None:
        if self.stop.requested():
            raise _Stopped

    def _tell(self, event: str, *arguments: Any) -> None:
        for watcher in list(self.watchers):
            try:
                getattr(watcher, event)(self, *arguments)
            except Exception as error:
                self.watchers.remove(watcher)
                text = (
                    f"the {watcher.name} is off from here on: {str(error) or type(error).__name__}"
                )
                warnings.warn(text, WatcherWarning, stacklevel=2)
