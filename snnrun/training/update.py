"""One update of the weights: the gradients of its batches, of all processes, and what decides.

Where there are several processes, everything of an update travels in one sum: gradients, numbers
that the rule reports, requests to stop, and whether all is finite. Only while a rule reports
numbers of which the largest counts (:meth:`snnrun.learning.rule.Rule.largest`) is there one for
each batch, because the gradients of the batch depend on them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.world import World
from snnrun.learning.outcome import Outcome, Totals
from snnrun.learning.rule import Rule

Report = Mapping[str, Callable[[], Tensor]]


class Update:
    """The batches of one update.

    Args:
        world: the processes that take part.
        rule: what makes the gradients.
        parameters: that have gradients.
        batches: how many batches an update has.
        watched: further sums that :meth:`add` gets: name -> how many.

    Attributes:
        samples: how many there were so far, in all processes.
        finite, stop: whether all losses are finite, and training is to stop; since the last
            exchange, what all processes agree on.
    """

    def __init__(
        self,
        world: World,
        rule: Rule,
        parameters: Sequence[Tensor],
        batches: int,
        watched: Mapping[str, int],
    ) -> None:
        self.world, self.rule, self.parameters = world, rule, parameters
        self.samples, self.finite, self.stop = 0, True, False
        self._alone = batches == 1 and world.size == 1
        self._mean = batches > 1 and rule.settings.gathers == "mean"
        self._sizes = {**rule.sums(), **watched}
        self._sums: Report = {}
        self._pending = {name: torch.zeros(size).double() for name, size in self._sizes.items()}
        self._gradients: list[Tensor | None] = [None] * len(parameters)
        self._largest: dict[str, int] = {}
        self._exchanged = False

    def begin_batch(self) -> None:
        """Forget the gradients of the batch before."""
        for parameter in self.parameters:  # a tenth of the cost of optimizer.zero_grad()
            parameter.grad = None
        if self.world.size > 1:
            self._largest = self.rule.largest()

    def add(
        self, batch: Batch, outcome: Outcome | None, watched: Report, *, finite: bool, stop: bool
    ) -> None:
        """Take in what a batch left; an outcome of None where this process had no share in it."""
        self.samples += batch.whole
        self.finite, self.stop = self.finite and finite, self.stop or stop
        reported: Report = {**outcome.sums, **watched} if outcome else {}
        if self._alone:
            self._sums = reported
            return
        for name, number in reported.items():
            self._pending[name] = self._pending[name] + number()
        if self._largest:
            self._exchange(outcome)
        self._add_gradients(batch.whole)

    def close(self) -> Totals:
        """Leave the gradients of the whole update in the parameters; return what all came to."""
        if not self._alone:
            for parameter, gradient in zip(self.parameters, self._gradients, strict=True):
                parameter.grad = gradient
            if not self._exchanged:
                self._exchange(None)
            for parameter in self.parameters if self._mean else ():
                if parameter.grad is not None:
                    parameter.grad.div_(self.samples)
        return Totals(self.samples, self._sums, {}, self.world.size)

    def _add_gradients(self, samples: int) -> None:
        """Gather the gradients of a batch; those of a mean count by the samples of the batch."""
        for place, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                new = parameter.grad * (samples if self._mean else 1)
                before = self._gradients[place]
                self._gradients[place] = new if before is None else before.add_(new)

    def _exchange(self, outcome: Outcome | None) -> None:
        """Sum gradients, reported numbers and flags over the processes."""
        self._exchanged = True
        gradients = [parameter.grad for parameter in self.parameters]
        there = torch.tensor([float(each is not None) for each in gradients])
        flags = torch.tensor([float(not self.finite), float(self.stop)])
        parts = [flags, there, self._slots(outcome), *self._pending.values()]
        if self.world.size > 1:
            parts += [
                torch.zeros_like(parameter) if gradient is None else gradient
                for parameter, gradient in zip(self.parameters, gradients, strict=True)
            ]
            parts = self._summed(parts)
        flags, there, slots, *rest = parts
        self.finite, self.stop = not flags[0].item(), bool(flags[1].item())
        number = len(self._pending)
        for name, new in zip(self._sizes, rest[:number], strict=True):
            before = self._sums[name]() if name in self._sums else 0
            self._sums = {**self._sums, name: partial(_same, before + new)}
            self._pending[name] = torch.zeros_like(new)
        if self.world.size > 1:
            for parameter, has, new in zip(
                self.parameters, there.tolist(), rest[number:], strict=True
            ):
                parameter.grad = new.view_as(parameter).to(parameter) if has else None
        if self._largest:
            self._rescale(slots)

    def _summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums of some arrays over the processes, float64 and flat, in one exchange."""
        flat = torch.cat(
            [part.detach().reshape(-1).to(self.world.device).double() for part in parts]
        )
        self.world.sum(flat)
        found = torch.split(flat, [part.numel() for part in parts])
        return [each.to(part.device) for each, part in zip(found, parts, strict=True)]

    def _slots(self, outcome: Outcome | None) -> Tensor:
        """Return a row for each process, of which this one fills its own."""
        slots = torch.zeros(self.world.size, sum(self._largest.values())).double()
        if outcome and self._largest:
            own = [outcome.largest[name]().double() for name in self._largest]
            slots[self.world.rank] = torch.cat(own)
        return slots

    def _rescale(self, slots: Tensor) -> None:
        most = torch.split(slots.view(self.world.size, -1).amax(0), list(self._largest.values()))
        largest = {
            name: partial(_same, part) for name, part in zip(self._largest, most, strict=True)
        }
        self.rule.rescale(Totals(self.samples, self._sums, largest, self.world.size))


def _same(value: Tensor) -> Tensor:
    return value
