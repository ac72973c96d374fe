"""Running means over samples: what an epoch, an update or a split comes to."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

from torch import Tensor

from snnrun.core.share import Share
from snnrun.learning.outcome import Outcome, right


class Means:
    """Running means over samples; of each value, over those of the batches that reported it.

    sums: name -> sum over samples and number of samples.
    """

    def __init__(self, sums: Mapping[str, Sequence[float]] | None = None) -> None:
        self.sums = {name: (total, int(n)) for name, (total, n) in (sums or {}).items()}

    def add(self, outcome: Outcome, targets: Tensor) -> None:
        """Add the outcome of a batch; where samples have classes, its accuracy too."""
        samples = len(targets)
        if outcome.scores is not None:
            self.put("accuracy", right(outcome.scores, targets), samples)
        if outcome.loss is not None:
            self._put_loss(outcome.loss, samples)
        for name, value in outcome.statistics.items():
            self._put_mean(name, value, samples)

    def put(self, name: str, total: float, samples: int) -> None:
        """Add a sum over some samples."""
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = (before + total, counted + samples)

    def _put_loss(self, loss: Tensor, samples: int) -> None:
        self._put_mean("loss", loss.item(), samples)

    def _put_mean(self, name: str, value: float, samples: int) -> None:
        self.put(name, samples * value, samples)

    def merge(self, others: Iterable[Mapping[str, Sequence[float]]]) -> None:
        """Add the sums of other processes."""
        for sums in others:
            for name, (total, samples) in sums.items():
                self.put(name, total, int(samples))

    def values(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: total / samples for name, (total, samples) in self.sums.items()}


class EvaluationMeans(Means):
    """Means of an evaluation, to the same bits whatever batches it is made in.

    Losses of single samples are added one after the other, and shares by what they count.

    sums: name -> sum over samples and number of samples; of shares, what they count and are of.
    """

    def _put_loss(self, loss: Tensor, samples: int) -> None:
        if not loss.dim():  # a rule of a plug-in gives the mean
            super()._put_loss(loss, samples)
            return
        before, counted = self.sums.get("loss", (0.0, 0))
        self.sums["loss"] = (reduce(operator.add, loss.tolist(), before), counted + samples)

    def _put_mean(self, name: str, value: float, samples: int) -> None:
        if isinstance(value, Share):
            self.put(name, value.count, value.of)
        else:
            super()._put_mean(name, value, samples)
