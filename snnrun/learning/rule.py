"""What every learning rule is: it turns a batch into gradients, or into new weights.

A rule is given the model and never owns it: the learner owns both, so that each tensor has one
place in its state. What a rule keeps of its own is a buffer. Training calls, in this order,

    start_epoch                                     once an epoch
    step, for each batch of an update               leaves gradients
    intervene                                       true: the gradients are dropped
    (the gradients are clipped, the optimiser steps)
    constrain                                       what must hold of the weights
    calibrate, evaluate                             after each epoch, in evaluation mode
"""

import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.core.record import Record
from snnrun.errors import ActivityWarning
from snnrun.learning.outcome import Outcome, Totals
from snnrun.learning.recorder import Recorder
from snnrun.models.model import Model

_NUMBERS = re.compile(r"(?<![\w.])\d[\d.,e%+-]*\s?")  # lists of them too, but no names


class Rule(nn.Module, ABC):
    """A learning rule for one model."""

    #: What an intervention is called in the log; None for a rule that never intervenes.
    intervention: ClassVar[str | None] = None

    model: Model
    #: Says where training stands; training sets it.
    where: Callable[[], str] | None = None

    def __init__(self, settings: Any, model: Model) -> None:
        super().__init__()
        self.settings, self.model = settings, model
        self._warned = set[str]()

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a model is referred to, not taken in as a part."""
        if isinstance(value, Model):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def warn(self, text: str) -> None:
        """Warn, once, of what keeps layers from learning, and say where training stands.

        What differs in its numbers alone is the same, so that a long training does not repeat it.
        """
        words = _NUMBERS.sub("", text)
        if words in self._warned:
            return
        self._warned.add(words)
        place = f" ({self.where()})" if self.where is not None else ""
        warnings.warn(text + place, ActivityWarning, stacklevel=3)

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return what schedules may change: what each number is at first, and how to set it.

        Their names are those that the settings list in ``targets_of_schedules``.
        """
        return {}

    def gathers(self, parameter: Tensor) -> Literal["mean", "sum"]:
        """Return what becomes of the gradients that several batches of an update leave in a
        parameter: their mean over samples, or their sum.
        """
        found: Literal["mean", "sum"] = self.settings.gathers
        return found

    def start_epoch(self, at: Position, horizon: Horizon) -> None:
        """Begin an epoch, or go on within one, at a position on the way to the horizon."""
        return

    @abstractmethod
    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the parameters, where there were none.

        A rule whose settings say ``parallel`` divides by ``batch.whole``, not by the samples that
        it sees, so that the gradients of all processes sum to that of the batch. A rule that
        changes weights within the sample does so here.
        """

    def accompany(self, batch: Batch) -> None:
        """Take part in a batch of which only other processes have samples.

        Called only if layers of the model sum over processes while they run; gradients are zero.
        """
        record = self.model(batch.inputs, batch.random)
        self.model.scores(record).sum().backward()  # type: ignore[no-untyped-call]

    def sums(self) -> dict[str, int]:
        """Return what each step reports to be summed for :meth:`intervene`: name -> how many.

        It must not depend on the batch, for a process may have no share in it.
        """
        return {}

    def largest(self) -> dict[str, int]:
        """Return what the next step reports of which the largest counts: name -> how many."""
        return {}

    def rescale(self, totals: Totals) -> None:
        """Correct the gradients of a batch that was split, once its largest numbers are known.

        Called only if :meth:`largest` named something before the step.
        """
        return

    def intervene(self, totals: Totals) -> bool:
        """Do something else than to follow the gradients of an update, and tell whether it did so.

        Args:
            totals: what the steps of all batches of the update, in all processes, came to.
        """
        return False

    def constrain(self) -> None:
        """Restore, after an update, what must hold of the weights."""
        return

    def calibrate(self, batches: Callable[[], Iterator[Batch]]) -> None:
        """Look through training data before a validation, without learning; the result is a buffer.

        Args:
            batches: begins a pass over the training samples.
        """
        return

    def expect(self, tensors: Mapping[str, Tensor]) -> None:
        """Make room for buffers whose length only training tells, as a checkpoint has them.

        Args:
            tensors: those of the rule, by their names within it.
        """
        return

    @abstractmethod
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return outcome and record of a batch; nothing learns, and no gradients are kept.

        A loss ``[batch]`` of each sample is summed to the same bits whatever batches there are.
        """

    def scores(self, record: Record) -> Tensor:
        """Return the scores ``[batch, classes]`` that a record stands for; the largest wins."""
        return self.model.scores(record)

    def objective(self, record: Record, targets: Tensor) -> Tensor:
        """Return the loss of which :meth:`step` leaves the gradient, exactly or nearly.

        Asked for only of rules whose settings offer ``TRUE_GRADIENT``.

        Args:
            record: what the model did, which torch can differentiate.
            targets: of the batch.
        """
        raise NotImplementedError(f"{type(self).__name__} offers no objective")

    def epoch_statistics(self) -> dict[str, float]:
        """Return what there is to log once an epoch; name -> number."""
        return {}

    def recorder(self) -> Recorder:
        """Return what sees a validation pass and makes the arrays that are recorded of an epoch."""
        return Recorder()
