"""Train a run again, in memory, up to where its numbers went wrong, and look at every tensor.

A training is exact, so the newest checkpoint before that place is all that it takes. After each
batch its loss and gradients are examined, and after each update what the learner and the optimiser
hold. The first tensor that is not finite is named, with how large the others were then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from snnrun.core.aligning import aligned
from snnrun.core.batch import Batch
from snnrun.core.position import Position
from snnrun.errors import DataError, DivergedError
from snnrun.experiment import Experiment
from snnrun.learning.outcome import Totals
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.diverged import DIVERGED, Diverged, read
from snnrun.runs.edits import compare
from snnrun.runs.folder import RunDir
from snnrun.runs.tensors import NOT_FINITE
from snnrun.training import examining
from snnrun.training.examining import Named
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher

#: How many numbers of samples a person is told.
_SHOWN = 16
#: Sections that may be edited to see whether that helps; others make it another run.
TRIED = frozenset({"learning", "train"})


@dataclass(frozen=True)
class Size:
    """How large the numbers of a tensor are.

    largest: of those that are finite, without sign.
    bad: how many are not finite, of ``numbers``.
    """

    name: str
    largest: float
    bad: int
    numbers: int

    @classmethod
    def of(cls, name: str, tensor: Tensor) -> "Size":
        """Measure a tensor."""
        values = tensor.detach().double()
        finite = values[values.isfinite()].abs()
        largest = finite.max().item() if finite.numel() else 0.0
        return cls(name, largest, values.numel() - finite.numel(), values.numel())


@dataclass(frozen=True)
class Replay:
    """What became of a run that was trained again.

    start: the checkpoint that it began with.
    at: where training stood when it ended.
    seed: of the run.
    tensor: the first that was not finite; None where all were.
    what: the tensor, or what else went wrong.
    samples: the numbers, in the training split, of the last batch.
    sizes: of weights before the update, gradients, and what the layers did with that batch.
    """

    start: Position
    at: Position
    seed: int
    tensor: str | None = None
    what: str | None = None
    samples: tuple[int, ...] = ()
    sizes: tuple[Size, ...] = ()

    @property
    def diverged(self) -> bool:
        """Whether it went wrong again."""
        return self.what is not None


class _Passed(Exception):
    """The place where the run had gone wrong lies behind."""


class _Examined(Training):
    """A training whose every batch is examined; it writes nothing.

    Args:
        experiment: of the run.
        saved: where to begin.
        record: where the run went wrong.
        watchers: are notified of how it goes.
    """

    def __init__(
        self,
        experiment: Experiment,
        saved: Checkpoint,
        record: Diverged,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        super().__init__(_for_memory(experiment), watchers)
        self.load(saved)
        self.recovery.trouble = self.recovery.trouble.model_copy(
            update={"left_out": record.left_out}
        )
        self.record = record
        self.tensor: str | None = None
        self.batch: Batch | None = None
        self.before: dict[str, Tensor] = {}

    def _step(self, batch: Batch) -> None:
        if self.at > self.record.at:
            raise _Passed
        self.batch = batch
        self.before = self._copied()
        try:
            super()._step(batch)
        except DivergedError:
            self.tensor = examining.cause(self.learner, batch) or "the loss"
            raise
        self._look(examining.gradients(self.learner))

    def _finish_update(self) -> Totals | None:
        self.before = self._copied()
        try:
            totals = super()._finish_update()
        except DivergedError:
            self.tensor = examining.first(self._held())
            raise
        self._look(self._held())
        return totals

    def _held(self) -> list[Named]:
        held = self.learner.state_dict() | self.keeping.kept_by_optimizer()
        return list(held.items())

    def _copied(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self.learner.state_dict().items()}

    def _look(self, tensors: Iterable[Named]) -> None:
        if (found := examining.first(tensors)) is not None:
            self.tensor = found
            raise DivergedError(f"{found} {NOT_FINITE}")

    def found(self) -> tuple[tuple[int, ...], tuple[Size, ...]]:
        """Return the numbers of the samples of the last batch, and how large everything was."""
        if self.batch is None:
            return (), ()
        gradients = list(examining.gradients(self.learner))
        self.learner.load_state_dict(self.before)
        every = [
            *self.learner.named_parameters(), *gradients[::-1],
            *examining.shown(self.learner, self.batch),
        ]  # fmt: skip
        samples = torch.as_tensor(self.batch.random.samples).tolist()
        return tuple(samples), tuple(Size.of(name, tensor) for name, tensor in every)


def _for_memory(experiment: Experiment) -> Experiment:
    """Return an experiment that trains the same, and neither saves nor mends anything."""
    update = {"on_nan": "stop", "checkpoint_minutes": inf, "time_limit_minutes": None}
    return experiment.model_copy(update={"train": experiment.train.model_copy(update=update)})


def record_of(run: RunDir) -> Diverged:
    """Return where the numbers of a run went wrong.

    Raises:
        DataError: they never did, or the record is damaged.
        ConfigError: it is that of another run, or more than :data:`TRIED` was edited since.
    """
    record = read(run.path)
    if record is None:
        raise DataError(
            f"{run.path} holds no {DIVERGED}: its numbers never went wrong, so there is nothing "
            "to replay"
        )
    if record.config:
        compare(run.config, run.experiment(), record.config, run.path / DIVERGED, TRIED)
    return record


def replay_run(run: RunDir, watchers: Sequence[Watcher] = ()) -> Replay:
    """Train a run again from the newest checkpoint before its numbers went wrong.

    Args:
        run: stays as it is.
        watchers: are notified of how it goes.

    Raises:
        DataError: they never did, or there is no whole checkpoint before that.
        ConfigError: more than :data:`TRIED` was edited since.
    """
    record = record_of(run)
    saved = _before(run, record)
    training = _Examined(run.experiment(), saved, record, watchers)
    seed = training.experiment.seed
    try:
        training.start(None)
    except DivergedError as error:
        samples, sizes = training.found()
        what = str(error.__cause__ or error)
        return Replay(saved.at, training.at, seed, training.tensor, what, samples, sizes)
    except _Passed:
        pass
    return Replay(saved.at, training.at, seed)


def _before(run: RunDir, record: Diverged) -> Checkpoint:
    """Return the newest checkpoint on the way to where a run went wrong.

    One that was made since, without updates that had been made by then, is on another way.
    """
    for at in reversed(checkpoint.saved(run.checkpoints)):
        if at <= record.at:
            saved = checkpoint.load(run.checkpoints / at.name)
            known = set(record.left_out)
            if known.issuperset(saved.to_continue().trouble.left_out) or not at.batch + at.epoch:
                return saved
    raise DataError(f"{run.path} holds no checkpoint of {record.at}, or before")


def told(replay: Replay) -> str:
    """Return what a person is told of a replay that went wrong again: a table of sizes."""
    rows = [["", "largest |.|", "not finite"]]
    rows += [[e.name, f"{e.largest:.4g}", f"{e.bad} of {e.numbers}"] for e in replay.sizes]
    shown = ", ".join(map(str, replay.samples[:_SHOWN]))
    more = len(replay.samples) - _SHOWN
    samples = f"{shown} and {more} more" if more > 0 else shown
    begin = f"Trained again from {replay.start}. Training samples of the batch: {samples}"
    return "\n".join([begin, "", *aligned(rows, right=(1, 2))])
