"""Where training stands, and how far it goes."""

import re
from dataclasses import dataclass

_NAME = re.compile(r"epoch_(\d{1,12})(?:_batch_(\d{1,12}))?")


@dataclass(frozen=True, order=True)
class Position:
    """Where training stands: ``batch`` batches of epoch ``epoch + 1`` are done."""

    epoch: int = 0
    batch: int = 0

    def __str__(self) -> str:
        return f"epoch {self.epoch}" + (f", batch {self.batch}" if self.batch else "")

    @property
    def name(self) -> str:
        """The name of a checkpoint of this moment."""
        return f"epoch_{self.epoch:04d}" + (f"_batch_{self.batch:04d}" if self.batch else "")


def position(name: str) -> Position | None:
    """Return the position that a checkpoint is named after.

    Example:
        >>> position("epoch_0041_batch_0012")
        Position(epoch=41, batch=12)
    """
    match = _NAME.fullmatch(name)
    return Position(int(match[1]), int(match[2] or 0)) if match else None


@dataclass(frozen=True)
class Horizon:
    """How far training goes.

    epochs: of the whole run.
    batches: of an epoch.
    updates: of an epoch; fewer than batches where several make one update.
    """

    epochs: int
    batches: int
    updates: int
