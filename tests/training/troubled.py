"""What trainings meet: a tensor that is spoilt, a disk that is full."""

import pytest

from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.runs import checkpoint
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher


class Poison(Watcher):
    """Puts a value into a tensor after so many batches."""

    def __init__(self, batches: int, name: str, value: float) -> None:
        self.left, self.name, self.value = batches, name, value

    def batch_done(self, training: Training) -> None:
        self.left -= 1
        if self.left:
            return
        name, _, what = self.name.partition("/")
        tensor = training.learner.state_dict(keep_vars=True)[name]
        if what:
            tensor = training.stepping.optimizer.state[tensor][what]
        tensor.data.view(-1)[-1:].fill_(self.value)


def full_behind(monkeypatch: pytest.MonkeyPatch, position: Position) -> None:
    """Let the disk have no room for checkpoints of later positions."""
    write = checkpoint.write

    def full(folder, at, contents):
        if at > position:
            raise DataError("cannot write: No space left on device")
        return write(folder, at, contents)

    monkeypatch.setattr(checkpoint, "write", full)
