"""What every learning rule is: it turns a batch into gradients, or into new weights.

A rule is given the model and never owns it: the learner owns both, so that each tensor has one
place in its state. What a rule keeps of its own is a buffer.
"""

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from snnrun.core.record import Record
from snnrun.learning.outcome import Outcome
from snnrun.learning.recorder import Recorder
from snnrun.models.model import Model


class Rule(nn.Module, ABC):
    """A learning rule for one model."""

    model: Model

    def __init__(self, settings: Any, model: Model) -> None:
        super().__init__()
        self.settings, self.model = settings, model

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a model is referred to, not taken in as a part."""
        if isinstance(value, Model):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @abstractmethod
    def step(self, x: Tensor, target: Tensor) -> Outcome:
        """Leave the gradients of a batch in the parameters."""

    @abstractmethod
    def evaluate(self, x: Tensor, target: Tensor) -> tuple[Outcome, Record]:
        """Return outcome and record of a batch; nothing learns."""

    def scores(self, record: Record) -> Tensor:
        """Return the scores ``[batch, classes]`` that a record stands for; the largest wins."""
        return self.model.scores(record)

    def constrain(self) -> None:
        """Restore, after an update, what must hold of the weights."""
        return

    def epoch_statistics(self) -> dict[str, float]:
        """Return what there is to log once an epoch; name -> number."""
        return {}

    def recorder(self) -> Recorder:
        """Return what sees a validation pass and makes the arrays that are kept of an epoch."""
        return Recorder()
