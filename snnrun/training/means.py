"""Running means over samples: what an epoch, an update or a split comes to."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from torch import Tensor

from snnrun.core.share import Share
from snnrun.learning.outcome import Outcome, right


class Means:
    """Running means over samples; of each value, over those of the batches that reported it.

    Losses of single samples are added one after the other, and shares by what they count: which
    batches they came in changes no bit.

    sums: name -> sum over samples and number of samples, or of what shares are of.
    """

    def __init__(self, sums: Mapping[str, Sequence[float]] | None = None) -> None:
        self.sums = {name: (total, int(n)) for name, (total, n) in (sums or {}).items()}

    def add(self, outcome: Outcome, targets: Tensor) -> None:
        """Add the outcome of a batch; where samples have classes, its accuracy too."""
        samples = len(targets)
        if outcome.scores is not None:
            self.put("accuracy", right(outcome.scores, targets), samples)
        if outcome.loss is not None:
            if outcome.loss.dim():
                self._put_each("loss", outcome.loss.tolist())
            else:
                self.put("loss", samples * outcome.loss.item(), samples)
        for name, value in outcome.statistics.items():
            if isinstance(value, Share):
                self.put(name, value.count, value.of)
            else:
                self.put(name, samples * value, samples)

    def put(self, name: str, total: float, samples: int) -> None:
        """Add a sum over some samples."""
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = (before + total, counted + samples)

    def _put_each(self, name: str, values: Sequence[float]) -> None:
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = (reduce(operator.add, values, before), counted + len(values))

    def merge(self, others: Iterable[Mapping[str, Sequence[float]]]) -> None:
        """Add the sums of other processes."""
        for sums in others:
            for name, (total, samples) in sums.items():
                self.put(name, total, int(samples))

    def values(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: total / samples for name, (total, samples) in self.sums.items()}
