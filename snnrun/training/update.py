"""One update of the weights: the gradients of its batches, of all processes, and what decides.

Where there are several processes, everything of an update travels in one sum: gradients, numbers
that the rule reports, what is logged, requests to stop, and whether all is finite. Only while a
rule reports numbers of which the largest counts (:meth:`snnrun.learning.rule.Rule.largest`) is
there one for each batch, because the gradients of the batch depend on them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.world import World
from snnrun.learning.outcome import Outcome, Totals, right
from snnrun.learning.rule import Rule
from snnrun.training.means import Means

Report = Mapping[str, Callable[[], Tensor]]


class Update:
    """The batches of one update after another.

    Args:
        world: the processes that take part.
        rule: what makes the gradients.
        parameters: that have gradients.
        batches: how many batches an update has.
        watched: further sums that :meth:`add` gets: name -> how many.
        buffers: gives what batches change besides gradients, such as running means, by name.
        droppable: whether an update that is not finite is to be undone: then gradients are
            examined, too.

    Attributes:
        samples: how many there were so far, in all processes.
        finite, stop: whether all losses are finite, and training is to stop; since the last
            exchange, what all processes agree on. At the end, whether gradients are finite, too.
        losses_finite: at the end, whether the losses were.
    """

    def __init__(
        self,
        world: World,
        rule: Rule,
        parameters: Sequence[Tensor],
        batches: int,
        watched: Mapping[str, int],
        buffers: Callable[[], Iterable[tuple[str, Tensor]]] = tuple,
        droppable: bool = False,
    ) -> None:
        self.world, self.rule, self.parameters = world, rule, parameters
        self._several = world.size > 1
        self._alone = batches == 1 and not self._several
        self._means = [batches > 1 and rule.gathers(each) == "mean" for each in parameters]
        self._sizes = {**rule.sums(), **watched}
        self._buffers, self._droppable = buffers, droppable
        self._before = dict[str, Tensor]()
        self._logged_before: dict[str, tuple[float, int]] | None = None
        self._names: list[str] = []  # of what is logged, as far as all processes know them

    def begin(self, means: Means) -> None:
        """Begin an update.

        Args:
            means: what is logged; that of all processes is added at the end.
        """
        self.means = means
        self.samples, self.finite, self.stop = 0, True, False
        if self._several or self._droppable:
            self._before = {name: buffer.clone() for name, buffer in self._buffers()}
        self._logged_before = dict(means.sums) if self._droppable else None
        self._sums: Report = {}
        self._own, self._common = (Means(), Means()) if self._several else (means, means)
        if self._alone:  # what follows is for gradients of several batches, or processes
            return
        self._pending = {name: torch.zeros(size).double() for name, size in self._sizes.items()}
        self._gradients: list[Tensor | None] = [None] * len(self.parameters)  # of all processes
        self._local = list(self._gradients)  # of this one, where it is not alone
        self._largest: dict[str, int] = {}
        self._exchanged = False  # all that there is so far

    def begin_batch(self) -> None:
        """Forget the gradients of the batch before."""
        for parameter in self.parameters:  # a tenth of the cost of optimizer.zero_grad()
            parameter.grad = None
        if self._several:
            self._largest = self.rule.largest()

    def add(
        self, batch: Batch, outcome: Outcome | None, watched: Report, *, finite: bool, stop: bool
    ) -> None:
        """Take in what a batch left; an outcome of None where this process had no share in it."""
        self.samples += batch.whole
        self.finite, self.stop = self.finite and finite, self.stop or stop
        if outcome:
            self._own.add(outcome, batch.targets)
        reported: Report = {**outcome.sums, **watched} if outcome else {}
        if self._alone:
            self._sums = reported
            return
        for name, number in reported.items():
            self._pending[name] = self._pending[name] + number()
        if self._largest:
            self._exchange(outcome)
        self._exchanged = bool(self._largest)
        common = self._exchanged or not self._several
        self._gather(self._gradients if common else self._local, batch.whole)

    def close(self) -> Totals:
        """Leave the gradients of the whole update in the parameters; return what all came to.

        One that is not finite waits for :meth:`undo`.
        """
        if not self._alone:
            self._join()
        self.losses_finite = self.finite
        if self._droppable:
            self.finite = self.finite and all(
                bool(parameter.grad.square().isfinite().all())  # optimisers keep squares
                for parameter in self.parameters
                if parameter.grad is not None
            )
        if self.finite:
            if self._several:
                self.means.merge([self._common.sums])
            self._before, self._logged_before = {}, None
        return Totals(self.samples, self._sums, {}, self.world.size)

    def _join(self) -> None:
        """Leave the gradients of all batches, in all processes, in the parameters."""
        if self._several:
            if not self._exchanged:
                self._leave(self._local)
                self._exchange(None)
                self._gather(self._gradients, None)
        else:
            self._take(list(self._pending.values()))
        self._leave(self._gradients)
        for parameter, mean in zip(self.parameters, self._means, strict=True):
            if mean and parameter.grad is not None:
                parameter.grad.div_(self.samples)

    def undo(self) -> None:
        """Leave the buffers, and what is logged, as they were before an update that is to be
        dropped or did not come to its end.
        """
        for name, buffer in self._buffers() if self._before else ():
            buffer.copy_(self._before.get(name, buffer))
        if self._logged_before is not None:
            self.means.sums = self._logged_before
        self._before, self._logged_before = {}, None

    def _gather(self, sums: list[Tensor | None], samples: int | None) -> None:
        """Add the gradients in the parameters to their sums; a batch of a mean by its samples.

        None: these are sums already.
        """
        for place, (parameter, mean) in enumerate(zip(self.parameters, self._means, strict=True)):
            if parameter.grad is not None:
                new = parameter.grad * (samples if mean and samples is not None else 1)
                before = sums[place]
                sums[place] = new if before is None else before.add_(new)

    def _leave(self, gradients: Sequence[Tensor | None]) -> None:
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient

    def _take(self, found: Sequence[Tensor]) -> None:
        """Add to the sums that the rule reports."""
        for name, number in zip(self._sizes, found, strict=True):
            before = self._sums[name]() if name in self._sums else 0
            self._sums = {**self._sums, name: partial(_same, before + number)}
            self._pending[name] = torch.zeros_like(number)

    def _exchange(self, outcome: Outcome | None) -> None:
        """Sum gradients, reported numbers and flags over the processes."""
        gradients = [parameter.grad for parameter in self.parameters]
        there = torch.tensor([float(each is not None) for each in gradients])
        new = not self._own.sums.keys() <= set(self._names)
        flags = torch.tensor([float(not self.finite), float(self.stop), float(new)])
        filled = [
            torch.zeros_like(parameter) if gradient is None else gradient
            for parameter, gradient in zip(self.parameters, gradients, strict=True)
        ]
        parts = [flags, there, self._slots(outcome), self._logged(), *self._pending.values()]
        flags, there, slots, logged, *rest = self._summed([*parts, *filled])
        self.finite, self.stop = not flags[0].item(), bool(flags[1].item())
        self._log(logged, bool(flags[2].item()))
        number = len(self._pending)
        self._take(rest[:number])
        for parameter, has, found in zip(
            self.parameters, there.tolist(), rest[number:], strict=True
        ):
            parameter.grad = found.view_as(parameter).to(parameter) if has else None
        if self._largest:
            self._rescale(slots)

    def _summed(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums of some arrays over the processes, float64 and flat, in one exchange."""
        device = self.world.device
        flat = torch.cat([part.detach().reshape(-1).to(device, torch.float64) for part in parts])
        self.world.sum(flat)
        found = torch.split(flat, [part.numel() for part in parts])
        return [each.to(part.device) for each, part in zip(found, parts, strict=True)]

    # ---- what is logged ----

    def _logged(self) -> Tensor:
        """Return total and number of samples of each name that all processes know."""
        pairs = [self._own.sums.get(name, (0.0, 0)) for name in self._names]
        return torch.tensor(pairs, dtype=torch.float64).reshape(-1)

    def _log(self, summed: Tensor, new: bool) -> None:
        """Take in what all processes logged; new names are agreed on where there are some."""
        if new:
            every = self.world.gather(self._own.sums)
            self._common.merge(every)
            self._names[:] = list(dict.fromkeys([*self._names, *(n for one in every for n in one)]))
        else:
            pairs = summed.view(-1, 2).tolist()
            found = {n: pair for n, pair in zip(self._names, pairs, strict=True) if pair[1]}
            self._common.merge([found])
        self._own.sums.clear()

    # ---- numbers of which the largest counts ----

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


def watched_of(outcome: Outcome, targets: Tensor) -> Report:
    """Return sums over a batch that schedules of updates look at."""
    assert outcome.loss is not None
    assert outcome.scores is not None
    loss = outcome.loss.detach().double().reshape(1) * len(targets)
    correct = torch.tensor([right(outcome.scores, targets)], dtype=torch.float64)
    return {"loss": partial(_same, loss), "accuracy": partial(_same, correct)}


def _same(value: Tensor) -> Tensor:
    return value
