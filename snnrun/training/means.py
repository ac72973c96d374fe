"""Running means over samples: what an epoch, an update or a split comes to."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from snnrun.learning.outcome import Outcome, predictions


class Means:
    """Running means over samples; of each value, over those of the batches that reported it.

    sums: name -> sum over samples and number of samples.
    """

    def __init__(self, sums: Mapping[str, Sequence[float]] | None = None) -> None:
        self.sums = {name: (total, int(n)) for name, (total, n) in (sums or {}).items()}

    def add(self, outcome: Outcome, labels: Tensor) -> None:
        """Add the outcome of a batch."""
        samples = len(labels)
        self._add("accuracy", predictions(outcome.scores).eq(labels).sum().item(), samples)
        for name, value in {"loss": outcome.loss.item(), **outcome.statistics}.items():
            self._add(name, samples * value, samples)

    def _add(self, name: str, total: float, samples: int) -> None:
        before, counted = self.sums.get(name, (0.0, 0))
        self.sums[name] = (before + total, counted + samples)

    def values(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: total / samples for name, (total, samples) in self.sums.items()}
