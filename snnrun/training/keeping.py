"""Which checkpoints a training writes, what is in them, which of them stay, and the way back."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from torch import Tensor

from snnrun.core.position import Position
from snnrun.core.world import World
from snnrun.errors import DataError, DivergedError
from snnrun.learning.settings import Judged
from snnrun.runs import checkpoint
from snnrun.runs.checkpoint import Checkpoint
from snnrun.runs.files import remove_folder
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Best, Progress
from snnrun.runs.tensors import NOT_FINITE, not_finite
from snnrun.train_settings import EarlyStopping
from snnrun.training import optimizer_state
from snnrun.training.learner import Learner
from snnrun.training.stepping import Stepping

#: The share of the time that writing the best epochs may take; what is better waits for it.
SHARE = 0.02


@dataclass
class Keeping:
    """The checkpoints of one training.

    A better epoch is held in memory until writing it takes a small share of the time, or another
    one is written: an epoch may be over sooner than a disk has flushed a checkpoint.

    run: where they go, once training starts; None in a process that does not write.
    best: the best epoch so far, and its numbers.
    written: the best one whose checkpoint is on disk.
    kept: epochs that stay whatever comes.
    """

    learner: Learner
    stepping: Stepping
    judged: Judged
    savepoints: tuple[int, ...]
    minutes: float
    best: Best = field(default_factory=lambda: Best(epoch=0, values={}))
    written: Best = field(default_factory=lambda: Best(epoch=0, values={}))
    run: RunDir | None = None
    kept: set[int] = field(default_factory=lambda: {0})
    _held: dict[Position, tuple[Best, dict[str, bytes]]] = field(default_factory=dict)
    _saved: float = field(default_factory=time.monotonic)
    _took: float = 0.0

    def note(self, epoch: int, validation: dict[str, float]) -> bool:
        """Tell whether an epoch is the best so far, and take it as the best if it is."""
        merit, best = self.judged.merit, self.best.values
        if best and merit(validation) <= merit(best):
            return False
        self.best = Best(epoch=epoch, values={key: validation[key] for key in self.judged.names})
        return True

    def settled(self, epoch: int, stopping: EarlyStopping | None) -> bool:
        """Tell whether the validation has not become better for as long as is waited for."""
        return stopping is not None and epoch - self.best.epoch >= stopping.patience

    @property
    def due(self) -> bool:
        """Whether a checkpoint should be written: the last is old, or a better one has waited."""
        passed = time.monotonic() - self._saved
        better = self.best != self.written and passed * SHARE > self._took
        return better or passed > 60 * self.minutes

    def hold(self, at: Position, progress: Callable[..., Progress]) -> None:
        """Hold a checkpoint of this moment in memory, beside that of the best epoch.

        Args:
            at: where training stands.
            progress: makes the rest of the state, given what is known here.

        Raises:
            DivergedError: a tensor holds values that are not finite; what was held stays.
        """
        if at.epoch in self.savepoints and not at.batch:
            self.kept |= {at.epoch, self.best.epoch}
        names = optimizer_state.names_of(self.learner)
        optimizer, tensors = self.stepping.optimizer, self.kept_by_optimizer()
        self.check_finite(tensors)
        state = progress(
            optimizer=optimizer_state.groups_of(optimizer, names) if optimizer else None,
            schedules=self.stepping.schedules.state(),
            best=self.best,
            kept=tuple(sorted(self.kept)),
        )
        best = Position(self.best.epoch)
        self._held = {other: held for other, held in self._held.items() if other == best}
        own = self.learner.state_dict()
        self._held[at] = self.best, checkpoint.packed(own, tensors, state) if self.run else {}

    def write(self, tell: Callable[[], object]) -> None:
        """Write what is held, if anything is, and remove the checkpoints that nobody needs then.

        Args:
            tell: called before any is removed.
        """
        if not self._held:
            return
        began, last = time.monotonic(), max(self._held)
        if self.run:
            self.run.sync_lines()
            for at in sorted(self._held):  # a later one names the best, which is there by then
                checkpoint.write(self.run.checkpoints, at, self._held[at][1])
        self.written = self._held.pop(last)[0]
        self._held.clear()
        tell()
        self.tidy(last)
        self._saved = time.monotonic()
        self._took = self._saved - began

    def tidy(self, at: Position) -> None:
        """Let the pointers name the checkpoints that they should, and remove those not needed."""
        if self.run is None:
            return
        folder, best = self.run.checkpoints, Position(self.written.epoch)
        checkpoint.point(folder, at, best)
        checkpoint.prune(folder, {at, best, *map(Position, self.kept)})

    def check_finite(self, more: Mapping[str, Tensor] = MappingProxyType({})) -> None:
        """Raise DivergedError where a tensor of the learner holds values that are not finite.

        Args:
            more: further tensors, by name.
        """
        for name in not_finite({**self.learner.state_dict(), **more}):
            raise DivergedError(f"{name} {NOT_FINITE}")

    def kept_by_optimizer(self) -> dict[str, Tensor]:
        """Return what the optimiser keeps, by name."""
        optimizer, names = self.stepping.optimizer, optimizer_state.names_of(self.learner)
        return optimizer_state.tensors_of(optimizer, names) if optimizer else {}

    def earlier(self, at: Position) -> Checkpoint:
        """Return the newest checkpoint up to a position; those that are later are removed.

        Raises:
            DataError: it is damaged, or there is none; nothing was removed.
        """
        assert self.run is not None
        folder = self.run.checkpoints
        every = checkpoint.saved(folder)
        if not any(other <= at for other in every):
            raise DataError(f"{folder} holds no checkpoint of {at}, or before")
        found = checkpoint.load(folder / max(other for other in every if other <= at).name)
        for later in reversed([other for other in every if other > at]):
            remove_folder(folder / later.name)
        return found

    def restore(self, saved: Checkpoint, samples: Callable[[], Iterable[Tensor]]) -> Progress:
        """Take over learner, optimiser and schedules of a checkpoint; return where it stands.

        Raises:
            DataError: something is missing or does not fit; it was noticed before any of it was
                used.
        """
        progress = saved.to_continue()
        best = progress.best.values
        absent = [name for name in self.judged.names if name not in best]
        if absent and (best or saved.at != Position()):  # else no epoch was evaluated yet
            raise DataError(f"{saved.path} is damaged: best.values lacks {absent[0]}")
        self.learner.take(saved, samples)
        names = optimizer_state.names_of(self.learner)
        try:
            if self.stepping.optimizer:
                groups = progress.optimizer or ()
                optimizer_state.restore(self.stepping.optimizer, names, groups, saved.optimizer)
            self.stepping.schedules.load(progress.schedules)
        except DataError as error:
            raise DataError(f"{saved.path} does not fit the run's settings: {error}") from error
        passed = {epoch for epoch in self.savepoints if epoch <= saved.at.epoch}
        self.best = self.written = progress.best
        self.kept = {*progress.kept, *passed}
        return progress

    @contextmanager
    def learner_of(
        self, epoch: int, samples: Callable[[], Iterable[Tensor]], world: World
    ) -> Iterator[None]:
        """Put the learner of a saved epoch in the place of this one for a while."""
        own = {name: tensor.clone() for name, tensor in self.learner.state_dict().items()}
        try:
            if self.run:
                saved = checkpoint.load(self.run.checkpoints / Position(epoch).name)
                self.learner.take(saved, samples)
            world.copy_from_first(list(self.learner.state_dict().values()))
            yield
        finally:
            self.learner.load_state_dict(own)
